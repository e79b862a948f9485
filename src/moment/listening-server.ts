import type { AddressInfo, Server } from 'node:net';
import { sleepAside } from './sleep-aside.js';

/** Milliseconds between two looks. */
const INTERVAL = 10;

/** Milliseconds that a program which listens on a unix socket has to listen on a port, too: that is where its clients are. */
const GRACE = 100;

/** Where a server of this process can be reached. */
export type Address = {
  /** Whether it speaks TLS. */
  readonly secure: boolean;
} & (
  | { readonly host: string; readonly port: number }
  /** Path of a unix socket. */
  | { readonly socket: string }
);

/**
 * Waits until this process listens on a TCP port, or on a unix socket alone. Nothing tells that reliably in all releases of Node.js, so it looks
 * again and again.
 */
export async function waitForListening(): Promise<Address> {
  for (let looks = 0; ; looks += 1) {
    const addresses = findListening();
    const port = addresses.find((address) => 'port' in address);
    if (port !== undefined) return port;
    if (addresses[0] === undefined) looks = 0;
    else if (looks * INTERVAL >= GRACE) return addresses[0];
    await sleepAside(INTERVAL);
  }
}

/** Servers that keep the process alive; that of this package is none of them. */
function findListening(): readonly Address[] {
  const { _getActiveHandles } = process as unknown as { _getActiveHandles(): readonly unknown[] };
  return _getActiveHandles.call(process).flatMap((handle) => {
    const server = handle as Partial<Server>;
    const address = server?.listening === true ? server.address?.() : undefined;
    return address ? [toAddress(address, server)] : [];
  });
}

/** Servers that listen on all addresses are reached over the loopback. */
function toAddress(place: AddressInfo | string, server: object): Address {
  const secure = 'setSecureContext' in server;
  if (typeof place === 'string') return { socket: place, secure };
  const { address, port } = place;
  const host = address === '::' || address === '0.0.0.0' ? '127.0.0.1' : address;
  return { host, port, secure };
}

/** The address as the beginning of a URL; on a unix socket a server is asked by any name. */
export function toUrl(address: Address): string {
  const [host, port] = 'socket' in address ? ['localhost', ''] : [address.host, `:${address.port}`];
  return `http${address.secure ? 's' : ''}://${host.includes(':') ? `[${host}]` : host}${port}`;
}
