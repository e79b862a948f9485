import type { AddressInfo, Server } from 'node:net';
import { sleepAside } from './sleep-aside.js';

/** Milliseconds between two looks. */
const INTERVAL = 10;

/** Where a server of this process can be reached. */
export interface Address {
  readonly host: string;
  readonly port: number;
  /** Whether it speaks TLS. */
  readonly secure: boolean;
}

/** Waits until this process listens on a TCP port. Nothing tells that reliably in all releases of Node.js, so it looks again and again. */
export async function waitForListening(): Promise<Address> {
  for (;;) {
    const address = findListening();
    if (address !== undefined) return address;
    await sleepAside(INTERVAL);
  }
}

function findListening(): Address | undefined {
  const { _getActiveHandles } = process as unknown as { _getActiveHandles(): readonly unknown[] };
  for (const handle of _getActiveHandles.call(process)) {
    const server = handle as Partial<Server>;
    const address = server?.listening === true ? server.address?.() : undefined;
    if (address !== null && typeof address === 'object') return toAddress(address, server);
  }
  return undefined;
}

/** Servers that listen on all addresses are reached over the loopback. */
function toAddress({ address, port }: AddressInfo, server: object): Address {
  const host = address === '::' || address === '0.0.0.0' ? '127.0.0.1' : address;
  return { host, port, secure: 'setSecureContext' in server };
}

/** The address as the beginning of a URL. */
export function toUrl({ host, port, secure }: Address): string {
  return `http${secure ? 's' : ''}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
