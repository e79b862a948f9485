import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Where somebody listens. */
export type Address = { readonly path: string } | { readonly port: number; readonly host: string };

/** Waits until somebody listens there, without a connection that the server would count. */
export async function listening(where: Address): Promise<void> {
  const { table, pattern } = 'path' in where ? unixEntry(where.path) : tcpEntry(where);
  while (!pattern.test(readFileSync(table, 'utf8'))) await sleep(2);
}

function unixEntry(path: string): { table: string; pattern: RegExp } {
  return { table: '/proc/net/unix', pattern: new RegExp(`00010000 0001 01 +\\d+ ${path}`) };
}

function tcpEntry({ port, host }: { port: number; host: string }): { table: string; pattern: RegExp } {
  const digits = port.toString(16).toUpperCase().padStart(4, '0');
  const table = host.includes(':') ? '/proc/net/tcp6' : '/proc/net/tcp';
  return { table, pattern: new RegExp(`:${digits} [0-9A-F:]+ 0A`) };
}
