import type { OpenDescriptorDetails } from '../error-details.js';
import { cracError } from '../errors.js';
import { inheritedFrom } from './inherited.js';
import type { OpenDescriptor } from './open-descriptor.js';
import type { Origin } from './origin.js';

/** Makes the error that says why a descriptor stands in the way of an image, and what to do about it. */
export function refuseDescriptor(
  descriptor: OpenDescriptor,
  known?: string,
  { advice: found, ...origin }: Origin = {},
): Error {
  const isKnown = known !== undefined || found !== undefined || 'holder' in origin || 'opened' in origin;
  const advice = found ?? known ?? (isKnown ? undefined : adviseInherited(descriptor)) ?? advise(descriptor);
  const details = { ...describe(descriptor, advice), ...origin };
  if (isFile(descriptor)) return cracError('ERR_CRAC_OPEN_FILE', details);
  if (isSocket(descriptor)) return cracError('ERR_CRAC_OPEN_SOCKET', details);
  return cracError('ERR_CRAC_OPEN_RESOURCE', details);
}

function describe(descriptor: OpenDescriptor, advice: string): OpenDescriptorDetails {
  const { fd, kind, target, protocol, localAddress, remoteAddress } = descriptor;
  return {
    fd,
    kind,
    target,
    ...(isFile(descriptor) && { path: target }),
    ...(protocol !== undefined && { protocol }),
    ...(localAddress !== undefined && { localAddress }),
    ...(remoteAddress !== undefined && { remoteAddress }),
    advice,
  };
}

/** What nobody in this process knows and a parent has open as well. */
function adviseInherited(descriptor: OpenDescriptor): string | undefined {
  const giver = inheritedFrom(descriptor);
  if (giver === undefined) return undefined;
  return `it was inherited (process ${giver.pid}, ${giver.command}, has it open as well), start the program with "crac run", which closes such, or with "${descriptor.fd}>&-" in a shell`;
}

function isFile({ kind }: OpenDescriptor): boolean {
  return kind === 'file' || kind === 'directory' || kind === 'fifo';
}

function isSocket({ kind }: OpenDescriptor): boolean {
  return kind === 'socket' || kind === 'socketpair' || kind === 'listener';
}

const FILE_ADVICE = 'close it in beforeCheckpoint and open it again in afterRestore';

const ADVICE: Readonly<Record<string, string>> = {
  device: FILE_ADVICE,
  directory: FILE_ADVICE,
  fifo: FILE_ADVICE,
  file: FILE_ADVICE,
  inotify:
    'it belongs to fs.watch() in a worker thread or to a native addon, close the watcher in beforeCheckpoint and watch again in afterRestore',
  listener: 'close the server in beforeCheckpoint and listen again in afterRestore',
  pidfd: 'it stands for another process, close it in beforeCheckpoint',
  pipe: 'its other end is outside of the process, close it in beforeCheckpoint',
  socketpair:
    'it connects the process to itself and holds descriptors, messages or options that are not carried over, close it in beforeCheckpoint',
};

const TRACE_ADVICE =
  'it is the log of trace events, which Node does not close: begin tracing after the restore, or let a policy reopen it (type: file, action: reopen, changed: allow)';

/** The name that Node gives to the log of trace events, unless `--trace-event-file-pattern` says otherwise. */
const TRACE_LOG = /\/node_trace\.\d+\.log$/;

function advise({ kind, protocol = '', target }: OpenDescriptor): string {
  if (kind === 'file' && TRACE_LOG.test(target)) return TRACE_ADVICE;
  if (kind === 'socket') return adviseSocket(protocol);
  return ADVICE[kind] ?? 'it was opened by a native addon, have that close it in beforeCheckpoint';
}

function adviseSocket(protocol: string): string {
  if (protocol.startsWith('udp')) {
    return 'it belongs to node:dgram, close the socket in beforeCheckpoint and bind a new one in afterRestore';
  }
  if (protocol.startsWith('tcp')) {
    return 'end the connection in beforeCheckpoint (socket.destroy(), agent.destroy(), server.closeAllConnections(), pool.end()) and connect again in afterRestore';
  }
  return 'close the connection in beforeCheckpoint and connect again in afterRestore';
}
