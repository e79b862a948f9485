/** Has the library of its first argument open something, at the port or in the folder of the others, and waits. */

import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { requireLibrary } from '../../support/library.js';

const [, , library = '', port = '', folder = ''] = process.argv;
const at = { host: '127.0.0.1', port: Number(port) };

interface Emitter {
  on(event: 'error', listener: () => void): this;
}

const OPEN: Readonly<Record<string, () => unknown>> = {
  pg() {
    const { Client } = requireLibrary<{
      Client: new (options: object) => Emitter & { connect(): Promise<void> };
    }>('pg');
    const client = new Client(at).on('error', () => {});
    client.connect().catch(() => {});
    return client;
  },
  ioredis() {
    const { Redis } = requireLibrary<{ Redis: new (options: object) => Emitter }>('ioredis');
    return new Redis(at).on('error', () => {});
  },
  mysql2() {
    const { createConnection } = requireLibrary<{ createConnection(options: object): Emitter }>('mysql2');
    return createConnection(at).on('error', () => {});
  },
  pino() {
    const pino = requireLibrary<{ (stream: unknown): object; destination(path: string): unknown }>('pino');
    return pino(pino.destination(join(folder, 'log')));
  },
  winston() {
    const { createLogger, transports } = requireLibrary<{
      createLogger(options: object): { info(text: string): void };
      transports: { File: new (options: object) => object };
    }>('winston');
    const logger = createLogger({ transports: [new transports.File({ filename: join(folder, 'log') })] });
    logger.info('begin');
    return logger;
  },
};

Object.assign(globalThis, { held: OPEN[library]?.() });
await sleep(500);
setInterval(() => {}, 1000);
console.log('ready');
