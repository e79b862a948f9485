/**
 * Libraries that hold something, with which the program does what `crac explain` advises. Arguments: `code` or `policy`, the ports of PostgreSQL, Redis
 * and MySQL, and a folder for logs.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getGlobalContext, type Resource } from 'node-crac';
import type { ResourcePolicy } from 'node-crac/management';
import { requireLibrary } from '../../support/library.js';
import { checkpoint, pass } from '../../support/program.js';

interface Pool {
  readonly idleCount: number;
  connect(): Promise<{ release(destroy: boolean): void }>;
  query(sql: string): Promise<{ readonly command: string }>;
  on(event: 'error', listener: () => void): this;
}
interface Redis {
  set(key: string, value: string): Promise<string>;
  connect(): Promise<void>;
  disconnect(): void;
  on(event: 'error', listener: () => void): this;
}
interface MysqlPool {
  query(sql: string): Promise<readonly [{ readonly affectedRows: number }]>;
  end(): Promise<void>;
}
interface Logger {
  info(text: string): void;
}

const [, , way = '', postgres, redisPort, mysql, folder = ''] = process.argv;
const at = (port: string | undefined): object => ({ host: '127.0.0.1', port: Number(port) });

const pg = requireLibrary<{ Pool: new (options: object) => Pool }>('pg');
const pool = new pg.Pool(at(postgres)).on('error', () => {});
const ioredis = requireLibrary<{ Redis: new (options: object) => Redis }>('ioredis');
const redis = new ioredis.Redis({ ...at(redisPort), enableReadyCheck: false }).on('error', () => {});
const mysql2 = requireLibrary<{ createPool(options: object): MysqlPool }>('mysql2/promise');
let mysqlPool = mysql2.createPool(at(mysql));
const pino = requireLibrary<{ (to: unknown): Logger; destination(options: object): unknown }>('pino');
const pinoFile = join(folder, 'pino.log');
const pinoLogger = pino(pino.destination({ dest: pinoFile, sync: true }));
const winston = requireLibrary<{
  createLogger(options: object): Logger;
  transports: { File: new (options: object) => object };
}>('winston');
const winstonFile = join(folder, 'winston.log');
const winstonLogger = winston.createLogger({
  transports: [new winston.transports.File({ filename: winstonFile })],
});

await useAll();
const logs: ResourcePolicy[] = [{ type: 'file', path: `${folder}/*.log`, action: 'reopen', warn: false }];
getGlobalContext().register(mysqlByCode());
if (way === 'code') {
  getGlobalContext().register(postgresByCode());
  getGlobalContext().register(redisByCode());
  await checkpoint({ policies: logs });
} else {
  const removed = once(pool as never, 'remove');
  await checkpoint({ policies: [...logs, ...[postgres, redisPort].map(closing)] });
  await removed;
}
await useAll();
for (const file of [pinoFile, winstonFile]) {
  while (readFileSync(file, 'utf8').match(/used/g)?.length !== 2)
    await new Promise((resolve) => setTimeout(resolve, 5));
}
pass();
process.exit();

async function useAll(): Promise<void> {
  assert.equal((await pool.query('SELECT 1')).command, 'SELECT');
  assert.equal(await redis.set('key', 'value'), 'OK');
  const [result] = await mysqlPool.query('DO 1');
  assert.equal(result.affectedRows, 0);
  pinoLogger.info('used');
  winstonLogger.info('used');
}

function postgresByCode(): Resource {
  return {
    async beforeCheckpoint() {
      while (pool.idleCount > 0) (await pool.connect()).release(true);
    },
    afterRestore() {},
  };
}

function redisByCode(): Resource {
  return {
    async beforeCheckpoint() {
      const ended = once(redis as never, 'end');
      redis.disconnect();
      await ended;
    },
    afterRestore: () => redis.connect(),
  };
}

function mysqlByCode(): Resource {
  return {
    beforeCheckpoint: () => mysqlPool.end(),
    afterRestore() {
      mysqlPool = mysql2.createPool(at(mysql));
    },
  };
}

function closing(port: string | undefined): ResourcePolicy {
  return { type: 'socket', remotePort: Number(port), action: 'close', warn: false };
}
