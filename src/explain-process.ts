import { inspect, look, manager } from './composition.js';
import type { Bystander, Explanation, Obstacle } from './control/explanation.js';
import { runtimeDirectory } from './control/runtime-directory.js';
import { getGlobalContext } from './core/global-context.js';
import { keptOpen } from './core/kept-open.js';
import type { OpenDescriptor } from './descriptors/open-descriptor.js';
import { suggestPolicy } from './descriptors/policies/suggest-policy.js';
import { describeError } from './errors.js';
import { type Connection, isLeftOpen } from './runtime/connections/connection.js';
import type { Found } from './runtime/connections/survey.js';

/** Tells what would stop a checkpoint of this process right now, and changes nothing. `asking` are the descriptors of those who ask. */
export function explain(asking: readonly number[]): Explanation {
  const seen = look();
  const own = [...seen.descriptors.filter(isControl).map(({ fd }) => fd), ...keptOpen()];
  const closing = findClosing(seen.descriptors, seen.sockets);
  const inspection = inspect(
    { placeholders: [...asking, ...own, ...closing.keys()], policies: [] },
    { ...seen, sockets: seen.sockets.filter(({ fd }) => !closing.has(fd)) },
  );
  const { closed, reopened, placeholders } = inspection.treatment;
  const ended = [...closed, ...placeholders].filter(
    (fd) => !closing.has(fd) && !asking.includes(fd) && !own.includes(fd),
  );
  const policy = (fds: readonly number[]): ReadonlyMap<number, string> =>
    new Map(fds.map((fd) => [fd, 'a policy says so']));
  return {
    availability: manager.availability(),
    obstacles: inspection.errors.map((error) => describeObstacle(error, seen.descriptors)),
    closes: describeAll(seen.descriptors, new Map([...closing, ...policy(ended)])),
    travels: describeAll(
      seen.descriptors.filter(({ fd }) => !own.includes(fd)),
      new Map([...findTravelling(seen.descriptors), ...policy(reopened)]),
    ),
    resources: getGlobalContext().size,
  };
}

/** The socket of this package: it is closed for the checkpoint and listens again afterwards. */
function isControl({ localAddress = '' }: OpenDescriptor): boolean {
  return localAddress.startsWith(`${runtimeDirectory()}/`);
}

/** What the resources of Node itself close: HTTP connections, and watchers, of which each event loop has one descriptor. */
function findClosing(
  descriptors: readonly OpenDescriptor[],
  sockets: readonly Found[],
): ReadonlyMap<number, string> {
  const connections = sockets.flatMap(({ fd, connection }) =>
    connection === undefined || isLeftOpen(connection) ? [] : [[fd, describeConnection(connection)] as const],
  );
  const watching = descriptors.find(({ kind, travels }) => kind === 'inotify' && !travels);
  const watchers = watching ? [[watching.fd, 'watchers of files are made anew'] as const] : [];
  return new Map([...connections, ...watchers]);
}

function describeConnection({ by, role, requests }: Connection): string {
  const what = `${by} ${role}`;
  if (requests.length === 0) return `${what}, idle`;
  return `${what}, ${requests.join(' and ')} ${requests.length === 1 ? 'is' : 'are'} waited for`;
}

/** What a reader would look for; the rest is what Node.js has in every process. */
function findTravelling(descriptors: readonly OpenDescriptor[]): ReadonlyMap<number, string> {
  const found = descriptors.filter(({ kind, travels }) => travels && kind === 'listener');
  return new Map(found.map(({ fd }) => [fd, 'listens again in the restored process']));
}

function describeAll(
  descriptors: readonly OpenDescriptor[],
  reasons: ReadonlyMap<number, string>,
): readonly Bystander[] {
  return descriptors.flatMap((descriptor) => {
    const why = reasons.get(descriptor.fd);
    return why === undefined ? [] : [{ fd: descriptor.fd, what: describe(descriptor), why }];
  });
}

function describe({ kind, target, protocol, localAddress, remoteAddress }: OpenDescriptor): string {
  const route = [localAddress, remoteAddress && `-> ${remoteAddress}`].filter(Boolean).join(' ');
  return [protocol, kind, route || target].filter(Boolean).join(' ');
}

function describeObstacle(error: Error, descriptors: readonly OpenDescriptor[]): Obstacle {
  const { stack: _stack, ...described } = describeError(error);
  const { fd } = (described.details ?? {}) as { readonly fd?: number };
  const descriptor = descriptors.find((each) => each.fd === fd);
  const policy = descriptor && suggestPolicy(descriptor);
  return { error: described, ...(policy !== undefined && { policy }) };
}
