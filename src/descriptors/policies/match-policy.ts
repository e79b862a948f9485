import type { OpenDescriptor } from '../open-descriptor.js';
import { toExpression } from './path-pattern.js';
import type { DescriptorPolicy, FilePolicy, ResourcePolicy, SocketPolicy } from './policy.js';

const FILES = new Set(['file', 'directory', 'fifo', 'device']);

/** The first policy that fits a descriptor; `undefined` when none does. */
export function matchPolicy(
  descriptor: OpenDescriptor,
  policies: readonly ResourcePolicy[],
): ResourcePolicy | undefined {
  return policies.find((policy) => fits(descriptor, policy));
}

function fits(descriptor: OpenDescriptor, policy: ResourcePolicy): boolean {
  switch (policy.type) {
    case 'file':
      return FILES.has(descriptor.kind) && fitsPath(descriptor.target, policy);
    case 'pipe':
      return descriptor.kind === 'pipe';
    case 'socket':
      return isSocket(descriptor) && fitsSocket(descriptor, policy);
    case 'filedescriptor':
      return fitsDescriptor(descriptor, policy);
  }
}

function fitsPath(target: string, { path }: FilePolicy): boolean {
  return path === undefined || toExpression(path).test(target.replace(/ \(deleted\)$/, ''));
}

function fitsDescriptor({ fd, target }: OpenDescriptor, { value, regex }: DescriptorPolicy): boolean {
  return (value === undefined || value === fd) && (regex === undefined || new RegExp(regex).test(target));
}

function isSocket({ kind }: OpenDescriptor): boolean {
  return kind === 'socket' || kind === 'socketpair' || kind === 'listener';
}

/** Families by the protocols that they mean. */
const FAMILIES: Readonly<Record<string, RegExp>> = {
  ipv4: /^(?:tcp|udp)$/,
  inet4: /^(?:tcp|udp)$/,
  ipv6: /^(?:tcp|udp)6$/,
  inet6: /^(?:tcp|udp)6$/,
  ip: /^(?:tcp|udp)6?$/,
  inet: /^(?:tcp|udp)6?$/,
  unix: /^unix/,
};

function fitsSocket(descriptor: OpenDescriptor, policy: SocketPolicy): boolean {
  const { protocol = '', localAddress = '', remoteAddress = '' } = descriptor;
  if (policy.family !== undefined && !FAMILIES[policy.family]?.test(protocol)) return false;
  return (
    fitsEnd(localAddress, policy.localAddress, policy.localPort, policy.localPath) &&
    fitsEnd(remoteAddress, policy.remoteAddress, policy.remotePort, policy.remotePath)
  );
}

/** One end of a connection: `127.0.0.1:3000`, `[::1]:3000`, or a path. */
function fitsEnd(
  end: string,
  address: string | undefined,
  port: number | undefined,
  path: string | undefined,
): boolean {
  const [, host, digits] = /^(.*):(\d+)$/.exec(end) ?? [];
  if (address !== undefined && host?.replace(/^\[|\]$/g, '') !== address) return false;
  if (port !== undefined && Number(digits) !== port) return false;
  return path === undefined || toExpression(path).test(end);
}
