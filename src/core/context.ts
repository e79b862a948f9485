import type { Phase } from '../error-details.js';
import { cracError } from '../errors.js';
import { checkName, checkOptions, checkResource, checkTimeout } from './arguments.js';
import type { ContextOptions, RegisterOptions } from './context-options.js';
import { type Deadline, isPromiseLike, type Lapse, lapseOf, startDeadline, within } from './deadline.js';
import { Failures } from './failures.js';
import { OwnNotice } from './own-notice.js';
import { createRegistration, type Registration } from './registration.js';
import type { Notice, Resource } from './resource.js';
import type { RestoreInfo } from './restore-info.js';
import { type ResourceWatch, resourceWatch } from './watch.js';

interface Entry {
  readonly resource: Resource;
  readonly name: string;
  readonly timeout: number | undefined;
}

/** One checkpoint as a context sees it, from the first call of `beforeCheckpoint` to the first of `afterRestore`. */
interface Round {
  /** Still to be told, in the order of registration: the last one comes next. */
  pending: Entry[];
  readonly told: Entry[];
  /** Whether it is nobody. */
  idle: boolean;
  /** Whether the telling goes on, so that a resource registered now takes part. */
  open: boolean;
}

const BRAND = Symbol.for('node-crac.context');

/** Whether nobody in a context waits for the end of the checkpoint under way. Nothing is known of contexts of other copies of the package. */
export let isIdle: (context: Context) => boolean;

/** Has a function called as soon as a context holds a resource. */
export let whenJoined: (context: Context, tell: () => void) => void;

/**
 * An ordered set of resources that are told of a checkpoint and of a restore together.
 *
 * Resources are told one after the other: of a checkpoint the last registered first, of a restore in the opposite order. All of
 * them are told, whatever others throw, and `afterRestore` goes to exactly those whose `beforeCheckpoint` was called. A context is a
 * resource itself: registered in another one it is told in its turn, and failures of its resources become failures of the outer one.
 *
 * The context holds its resources strongly, until they are unregistered.
 *
 * @example
 * ```js
 * import { getGlobalContext } from 'node-crac';
 *
 * const registration = getGlobalContext().register(
 *   { beforeCheckpoint: () => pool.end(), afterRestore: () => pool.connect() },
 *   { name: 'pool', timeout: 5000 },
 * );
 * registration.unregister();
 * ```
 */
export class Context implements Resource {
  /** Name in messages. */
  readonly name: string;
  readonly #entries = new Map<Resource, Entry>();
  #timeout: number | undefined;
  #round: Round | undefined;
  #watch: ResourceWatch | undefined;
  #registrations = 0;
  #tellJoined: (() => void) | undefined;

  static {
    whenJoined = (context, tell) => {
      context.#tellJoined = tell;
    };
    isIdle = (context) => #round in context && context.#round?.idle !== false;
  }

  /** @throws {CracException} `ERR_CRAC_INVALID_ARGUMENT` */
  constructor(options: ContextOptions = {}) {
    checkOptions(options);
    this.name = checkName(options.name) ?? 'context';
    this.#timeout = checkTimeout(options.timeout);
  }

  /** Milliseconds that each method of a resource may take that has no deadline of its own; `undefined` for no limit. */
  get timeout(): number | undefined {
    return this.#timeout;
  }

  set timeout(timeout: number | undefined) {
    this.#timeout = checkTimeout(timeout);
  }

  /** Number of registered resources. */
  get size(): number {
    return this.#entries.size;
  }

  /**
   * Adds a resource at the end of the order. One that is registered already moves there, with the new options.
   *
   * While the context is telling its resources of a checkpoint, a new resource takes part: it is told next. Between the end of that and
   * the restore it can do so no more and is refused. During the restore it is accepted for the next checkpoint.
   *
   * @throws {CracException} `ERR_CRAC_INVALID_ARGUMENT`, `ERR_CRAC_REGISTRATION_REFUSED`
   */
  register(resource: Resource, options: RegisterOptions = {}): Registration {
    checkResource(resource);
    checkOptions(options);
    const name = checkName(options.name) ?? defaultName(resource, this.#registrations + 1);
    const entry: Entry = { resource, name, timeout: checkTimeout(options.timeout) };
    this.#refuseImpossible(entry);
    this.#registrations += 1;
    this.#entries.delete(resource);
    this.#entries.set(resource, entry);
    if (this.#round !== undefined && !this.#round.told.some((told) => told.resource === resource)) {
      this.#round.pending = [...this.#round.pending.filter((other) => other.resource !== resource), entry];
    }
    this.#tellJoined?.();
    this.#tellJoined = undefined;
    return createRegistration(() => this.#unregister(entry));
  }

  /**
   * Tells all resources of a checkpoint, last registered first. Applications let `checkpointRestore()` call it.
   *
   * @throws {CheckpointException} with the failures of all resources
   */
  async beforeCheckpoint(_context?: Context, notice?: Notice): Promise<void> {
    if (this.#round !== undefined) throw cracError('ERR_CRAC_ALREADY_NOTIFIED', { context: this.name });
    const round: Round = { pending: [...this.#entries.values()], told: [], idle: true, open: true };
    this.#round = round;
    this.#watch = resourceWatch();
    const failures = new Failures();
    for (let entry = next(round, notice); entry !== undefined; entry = next(round, notice)) {
      const { resource } = entry;
      round.told.push(entry);
      round.idle = false;
      await this.#tell(entry, 'beforeCheckpoint', failures, notice, (own) =>
        resource.beforeCheckpoint(this, own),
      );
    }
    round.open = false;
    if (round.pending.length > 0 && notice !== undefined) failures.add(describeUntold(round, notice));
    failures.throwCheckpointException();
  }

  /**
   * Tells the resources that were told of the checkpoint, and no others, in the opposite order. Without a checkpoint before it does
   * nothing. Applications let `checkpointRestore()` call it.
   *
   * @throws {RestoreException} with the failures of all resources
   */
  async afterRestore(_context: Context | undefined, info: RestoreInfo, notice?: Notice): Promise<void> {
    const round = this.#round;
    if (round === undefined) return;
    this.#round = undefined;
    this.#watch = resourceWatch();
    round.pending = [];
    if (round.idle) return;
    const failures = new Failures();
    for (const entry of round.told.reverse()) {
      const telling = this.#tellOfRestore(entry, info, failures, notice);
      if (telling !== undefined) await telling;
    }
    failures.throwRestoreException();
  }

  /** A method of its own, because V8 makes closures in the body of a loop by slow ways. */
  #tellOfRestore(
    entry: Entry,
    info: RestoreInfo,
    failures: Failures,
    notice: Notice | undefined,
  ): Promise<void> | undefined {
    return this.#tell(entry, 'afterRestore', failures, notice, (own) =>
      entry.resource.afterRestore(this, info, own),
    );
  }

  /** Tells one resource; returns nothing when that is done already, for each wait costs a restore as much as what is told. */
  #tell(
    { resource, name, timeout }: Entry,
    phase: Phase,
    failures: Failures,
    notice: Notice | undefined,
    call: (notice: Notice) => void | Promise<void>,
  ): Promise<void> | undefined {
    const deadline = this.#startDeadline(name, timeout, notice);
    try {
      const outcome = this.#call(name, phase, call, new OwnNotice(deadline));
      if (isPromiseLike(outcome)) {
        return this.#wait(outcome, deadline, isContext(resource), name, phase, failures);
      }
    } catch (error) {
      failures.add(error, name, phase);
    }
    deadline.cancel();
    return undefined;
  }

  #call(
    resource: string,
    phase: Phase,
    call: (notice: Notice) => void | Promise<void>,
    own: OwnNotice,
  ): void | Promise<void> {
    if (this.#watch === undefined) return call(own);
    return this.#watch.follow({ context: this.name, resource, phase }, () => call(own));
  }

  async #wait(
    outcome: PromiseLike<void>,
    deadline: Deadline,
    grace: boolean,
    name: string,
    phase: Phase,
    failures: Failures,
  ): Promise<void> {
    const late = (lapse: Lapse): Error =>
      cracError('ERR_CRAC_RESOURCE_TIMEOUT', {
        resource: name,
        phase,
        deadline: lapse.owner,
        timeout: lapse.timeout,
      });
    try {
      await within(deadline, outcome, late, grace);
    } catch (error) {
      failures.add(error, name, phase);
    } finally {
      deadline.cancel();
    }
  }

  #startDeadline(name: string, timeout: number | undefined, notice: Notice | undefined): Deadline {
    if (timeout !== undefined) return startDeadline(`resource ${name}`, timeout, notice?.signal);
    return startDeadline(`context ${this.name}`, this.#timeout, notice?.signal);
  }

  #refuseImpossible({ resource, name }: Entry): void {
    const refuse = (reason: string): never => {
      throw cracError('ERR_CRAC_REGISTRATION_REFUSED', { resource: name, context: this.name, reason });
    };
    if (resource instanceof Context && resource.#contains(this)) {
      refuse('a context cannot be registered in itself or in one of its resources');
    }
    if (this.#round !== undefined && !this.#round.open) {
      refuse(
        'its resources have been told of the checkpoint under way and the new one could not be told any more; register it earlier or in afterRestore',
      );
    }
  }

  #contains(other: Context): boolean {
    if (other === this) return true;
    return [...this.#entries.keys()].some(
      (resource) => resource instanceof Context && resource.#contains(other),
    );
  }

  #unregister(entry: Entry): void {
    if (this.#entries.get(entry.resource) !== entry) return;
    this.#entries.delete(entry.resource);
    if (this.#round !== undefined)
      this.#round.pending = this.#round.pending.filter((other) => other !== entry);
  }
}

Object.defineProperty(Context.prototype, BRAND, { value: true });

/** Takes the next entry to be told, none when the deadline of the whole has passed. */
function next(round: Round, notice: Notice | undefined): Entry | undefined {
  return notice?.signal.aborted ? undefined : round.pending.pop();
}

function describeUntold({ pending }: Round, notice: Notice): Error {
  const resources = pending.map(({ name }) => name).reverse();
  return cracError('ERR_CRAC_NOT_TOLD', { resources, deadline: lapseOf(notice.signal).owner });
}

function defaultName(resource: Resource, number: number): string {
  if (resource instanceof Context) return resource.name;
  const type = resource.constructor?.name;
  return `${type === undefined || type === '' || type === 'Object' ? 'resource' : type} #${number}`;
}

/** Whether a resource is a context, also one made by another copy of the package. */
function isContext(resource: Resource): boolean {
  return BRAND in resource;
}
