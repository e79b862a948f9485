import { cracError, isCracException } from '../errors.js';
import { refuseArgument } from './arguments.js';
import { allocateConcealed, isWiped, releaseConcealed } from './concealed-memory.js';
import type { Context } from './context.js';
import { getGlobalContext } from './global-context.js';
import type { Registration } from './registration.js';
import type { Resource } from './resource.js';
import type { RestoreInfo } from './restore-info.js';
import { wipeEnvironment } from './wipe-environment.js';

/** How a secret is made. */
export interface SecretOptions {
  /** Name in messages. @default the variable or the path, or 'secret' */
  readonly name?: string;
  /** Context that tells it of checkpoints. @default the global context */
  readonly context?: Context;
}

/** What a secret is made of: text is taken as UTF-8. */
export type SecretValue = string | Uint8Array;

/** Where the value comes from, at first and after each restore. */
interface Source {
  load(): SecretValue | Promise<SecretValue>;
  /** Called before a checkpoint, with the value. */
  wipe?(value: Uint8Array): void;
}

/**
 * A value that is in no image: a password, a key, a token. Its bytes are read again after each restore, from where they came.
 *
 * The bytes lie in memory that the engine leaves out of the image. What the program makes of them is its own: a string that was made of them
 * stays in the memory of V8 until it happens to be overwritten, and so in the image. Pass the bytes on as they are where a library takes a `Buffer`.
 *
 * @example
 * ```js
 * import { Secret } from 'node-crac';
 *
 * const password = Secret.fromEnvironment('DB_PASSWORD');
 * const size = password.use((bytes) => bytes.length);
 * ```
 */
export class Secret implements Resource {
  /** Name in messages. */
  readonly name: string;
  readonly #source: Source;
  readonly #registration: Registration;
  #bytes: Uint8Array | undefined;
  #closed: string | undefined;

  private constructor(source: Source, defaultName: string, { name, context }: SecretOptions) {
    this.name = name ?? defaultName;
    this.#source = source;
    this.#registration = (context ?? getGlobalContext()).register(this, { name: `secret ${this.name}` });
  }

  /**
   * Takes a variable out of the environment: `process.env` and child processes no longer have it. Before a checkpoint the text that the kernel and
   * libc still hold is wiped as well. After a restore it is taken out of the restorer's environment.
   *
   * @throws {CracException} `ERR_CRAC_SECRET_UNAVAILABLE` if it is not set
   */
  static fromEnvironment(variable: string, options: SecretOptions = {}): Secret {
    const load = (): SecretValue => takeVariable(variable, options.name ?? variable);
    const wipe = (value: Uint8Array): void => wipeEnvironment(variable, value);
    return Secret.#make({ load, wipe }, load(), variable, options);
  }

  /**
   * Reads a file, which is read again after a restore; a line break at its end does not count. A pipe may give up to 64 KiB.
   *
   * @throws {CracException} `ERR_CRAC_SECRET_UNAVAILABLE` if it cannot be read
   */
  static fromFile(path: string, options: SecretOptions = {}): Secret {
    const load = (): SecretValue => readSecretFile(path, options.name ?? path);
    return Secret.#make({ load }, load(), path, options);
  }

  /** Calls a function for the value, now and after each restore. A `Uint8Array` that it gives is zeroed once the value was taken from it. */
  static async from(
    load: () => SecretValue | Promise<SecretValue>,
    options: SecretOptions = {},
  ): Promise<Secret> {
    if (typeof load !== 'function') refuseArgument('load', 'a function', load);
    return Secret.#make({ load }, await load(), 'secret', options);
  }

  static #make(source: Source, value: SecretValue, name: string, options: SecretOptions): Secret {
    const secret = new Secret(source, name, options);
    try {
      secret.#keep(value);
    } catch (error) {
      secret.dispose();
      throw error;
    }
    return secret;
  }

  /**
   * The bytes themselves, not a copy. They are zero in a restored process until the secret has come back, so ask anew each time.
   *
   * @throws {CracException} `ERR_CRAC_SECRET_UNAVAILABLE` between `beforeCheckpoint` and `afterRestore`, and after `dispose()`
   */
  read(): Buffer {
    const bytes = this.#bytes;
    if (bytes === undefined || this.#closed !== undefined)
      throw unavailable(this.name, this.#closed ?? 'it was not read yet');
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /**
   * Calls a function with the bytes and returns what it returns.
   *
   * @throws {CracException} `ERR_CRAC_SECRET_UNAVAILABLE` as `read()` does
   */
  use<Result>(callback: (bytes: Buffer) => Result): Result {
    return callback(this.read());
  }

  /** Zeroes the bytes for good. */
  dispose(): void {
    this.#registration.unregister();
    this.#forget();
    this.#closed = 'it was disposed of';
  }

  /** Contexts call it. */
  beforeCheckpoint(): void {
    if (this.#bytes !== undefined) this.#source.wipe?.(this.#bytes);
    this.#closed ??=
      'the process is being checkpointed; read it in or after afterRestore of resources that are registered later';
  }

  /** Contexts call it. */
  async afterRestore(_context: Context | undefined, { restored }: RestoreInfo): Promise<void> {
    if (restored || (this.#bytes !== undefined && isWiped(this.#bytes))) {
      this.#closed = `it could not be read again after the ${restored ? 'restore' : 'preparation'}`;
      this.#forget();
      this.#keep(await this.#source.load());
    }
    this.#closed = undefined;
  }

  /** What is shown instead of the value. */
  toString(): string {
    return `[Secret ${this.name}]`;
  }

  /** What is shown instead of the value. */
  toJSON(): string {
    return this.toString();
  }

  #keep(value: unknown): void {
    checkValue(value);
    const given = typeof value === 'string' ? Buffer.from(value) : value;
    this.#bytes = allocateConcealed(given.length);
    this.#bytes.set(given);
    given.fill(0);
  }

  #forget(): void {
    if (this.#bytes !== undefined) releaseConcealed(this.#bytes);
    this.#bytes = undefined;
  }
}

/** Refuses what a function gives that is no value of a secret, without showing it. */
function checkValue(value: unknown): asserts value is SecretValue {
  if (typeof value === 'string' || value instanceof Uint8Array) return;
  throw cracError('ERR_CRAC_INVALID_ARGUMENT', {
    argument: 'load',
    expected: 'a function that gives a string or bytes',
    received: `one that gives another ${typeof value}`,
  });
}

function takeVariable(variable: string, name: string): string {
  const value = process.env[variable];
  if (value === undefined) throw unavailable(name, `the environment variable ${variable} is not set`);
  delete process.env[variable];
  return value;
}

function readSecretFile(path: string, name: string): Uint8Array {
  const { closeSync, fstatSync, openSync, readSync } = process.getBuiltinModule('node:fs');
  try {
    const fd = openSync(path, 'r');
    try {
      const known = fstatSync(fd).size;
      const bytes = new Uint8Array(new ArrayBuffer(known || LARGEST_STREAM + 1));
      let size = 0;
      for (let got = -1; got !== 0 && size < bytes.length; size += got)
        got = readSync(fd, bytes, size, bytes.length - size, null);
      if (known === 0 && size > LARGEST_STREAM)
        throw unavailable(name, `${path} gives more than ${LARGEST_STREAM} bytes`);
      return bytes.subarray(0, bytes[size - 1] === LINE_FEED ? size - 1 : size);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (isCracException(error)) throw error;
    throw unavailable(name, `${path} cannot be read (${(error as NodeJS.ErrnoException).code})`, error);
  }
}

const LINE_FEED = 10;

/** The most that is read where the kernel tells no size: from pipes, and from files that it makes up. */
const LARGEST_STREAM = 65_536;

function unavailable(secret: string, reason: string, cause?: unknown): Error {
  return cracError('ERR_CRAC_SECRET_UNAVAILABLE', { secret, reason }, cause);
}
