import type { OpenDescriptor } from '../descriptors/open-descriptor.js';

const CLOSE_FILE =
  'the policy "reopen" opens it again at its position, or close it in beforeCheckpoint and open it again in afterRestore';

/** What helps with the connections and files of a library, by its name: a clause that begins in lower case. */
export const LIBRARY_ADVICE: Readonly<Record<string, string>> = {
  pg: 'empty the pool in beforeCheckpoint with "while (pool.idleCount > 0) (await pool.connect()).release(true)", it connects again by itself; end a single client with client.end() and make a new one in afterRestore',
  'pg-pool':
    'empty it in beforeCheckpoint with "while (pool.idleCount > 0) (await pool.connect()).release(true)", it connects again by itself',
  ioredis:
    'call redis.disconnect() in beforeCheckpoint and await its "end" event, then await redis.connect() in afterRestore; with a policy that closes the connection it connects again by itself',
  '@redis/client': 'await client.close() in beforeCheckpoint and client.connect() in afterRestore',
  mysql2:
    'make the pool with maxIdle 0 or call pool.end() in beforeCheckpoint and make a new one in afterRestore; end a single connection with connection.end()',
  mongodb: 'await client.close() in beforeCheckpoint and client.connect() in afterRestore',
  ws: 'close it with code 1012 in beforeCheckpoint; a client connects with a new WebSocket in afterRestore',
  'engine.io-client': 'call socket.close() in beforeCheckpoint and socket.open() in afterRestore',
  'socket.io-client': 'call socket.disconnect() in beforeCheckpoint and socket.connect() in afterRestore',
  nodemailer:
    'call transporter.close() in beforeCheckpoint and make a new transporter in afterRestore, or send mail without pool',
  pino: CLOSE_FILE,
  'sonic-boom': CLOSE_FILE,
  winston: CLOSE_FILE,
  'node:sqlite':
    'close the database in beforeCheckpoint and open it again in afterRestore; the policy "reopen" is enough while no transaction is open and nobody else writes to the file',
};

/** What helps with a descriptor of a library; `undefined` when the library is not known. */
export function adviceOf(library: string, { kind }: OpenDescriptor): string | undefined {
  if (kind === 'listener') return undefined;
  return Object.hasOwn(LIBRARY_ADVICE, library) ? LIBRARY_ADVICE[library] : undefined;
}
