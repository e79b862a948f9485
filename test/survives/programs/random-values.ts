/**
 * Prints random values of many kinds that were drawn after the restore on three threads, as one line of JSON: from kind to values.
 *
 * Every kind has been drawn before the checkpoint, so that all pools are filled, by functions that were taken out of their modules then.
 */
import crypto, { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { checkpoint } from '../../support/program.js';

type Values = Record<string, string[]>;

const COUNT = 1000;
/** In the main thread one value is enough; in a worker the pool of uuid must have been used up once. */
const FIRST = 1;
const BEFORE = 20;
const KEYS = 5;
const require = createRequire(new URL('../../../../test/addons/package.json', import.meta.url));
const { randomBytes, randomInt, randomFillSync, webcrypto } = require('node:crypto') as typeof crypto;
const { nanoid } = require('nanoid') as { nanoid(): string };
const { v4 } = require('uuid') as { v4(): string };
const base64id = require('base64id') as { generateId(): string };
const { Sender } = require('ws') as { Sender: { frame(data: Buffer, options: object): Buffer[] } };
const { randomUUIDv7 } = crypto as { randomUUIDv7?: () => string };

const kept = new Uint32Array(4);
const key = randomBytes(32);

/** One value of each kind that takes no promise. */
const kinds: Readonly<Record<string, () => string>> = {
  randomUUID,
  'crypto.randomUUID': () => crypto.randomUUID(),
  'webcrypto.randomUUID': () => webcrypto.randomUUID(),
  randomInt: () => String(randomInt(2 ** 48 - 1)),
  randomBytes: () => randomBytes(16).toString('hex'),
  randomFillSync: () => hex(randomFillSync(kept)),
  getRandomValues: () => hex(globalThis.crypto.getRandomValues(kept)),
  nonce: encrypt,
  nanoid,
  'uuid.v4': v4,
  base64id: () => base64id.generateId(),
  'WebSocket mask': mask,
  ...(randomUUIDv7 && { randomUUIDv7: () => randomUUIDv7().slice(14) }),
};

if (isMainThread) await main();
else
  parentPort?.on('message', async (name: string) =>
    parentPort?.postMessage(await draw(name, name === '' ? BEFORE : COUNT)),
  );

async function main(): Promise<void> {
  const idle = new Worker(new URL(import.meta.url));
  await draw('', FIRST);
  await ask(idle, '');
  await checkpoint();
  const fresh = new Worker(new URL(import.meta.url));
  const values = {
    ...(await draw('main', COUNT)),
    ...(await ask(idle, 'idle worker')),
    ...(await ask(fresh, 'new worker')),
  };
  process.stdout.write(`${JSON.stringify(values)}\n`, () => process.exit());
}

function ask(worker: Worker, name: string): Promise<Values> {
  return new Promise((resolve) => {
    worker.once('message', resolve);
    worker.postMessage(name);
  });
}

async function draw(thread: string, count: number): Promise<Values> {
  const values: Values = {};
  for (const [kind, make] of Object.entries(kinds))
    values[`${thread}: ${kind}`] = Array.from({ length: count }, () => make());
  values[`${thread}: async randomBytes`] = await Promise.all(Array.from({ length: count }, drawBytes));
  values[`${thread}: EC key`] = Array.from({ length: KEYS }, drawKey);
  values[`${thread}: async EC key`] = await Promise.all(Array.from({ length: KEYS }, drawKeyAside));
  return values;
}

function drawBytes(): Promise<string> {
  return new Promise((resolve, reject) =>
    crypto.randomBytes(16, (error, bytes) => (error ? reject(error) : resolve(bytes.toString('hex')))),
  );
}

function drawKey(): string {
  const { privateKey } = crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ format: 'jwk' }).d ?? '';
}

function drawKeyAside(): Promise<string> {
  return new Promise((resolve, reject) =>
    crypto.generateKeyPair('ec', { namedCurve: 'P-256' }, (error, _, privateKey) =>
      error ? reject(error) : resolve(privateKey.export({ format: 'jwk' }).d ?? ''),
    ),
  );
}

/** The nonce of a message that is encrypted with a key which all restored processes have in common. */
function encrypt(): string {
  const nonce = randomBytes(12);
  crypto.createCipheriv('aes-256-gcm', key, nonce).update('message');
  return nonce.toString('hex');
}

/** Three masks: one has 4 bytes only, which repeat by chance. */
function mask(): string {
  const bytes = [drawMask(), drawMask(), drawMask()];
  return Buffer.concat(bytes).toString('hex');
}

/** The mask of a frame lies behind its header of 2 bytes. */
function drawMask(): Buffer {
  const options = { fin: true, rsv1: false, opcode: 2, mask: true, readOnly: true };
  const [head = Buffer.alloc(0)] = Sender.frame(Buffer.from('message'), options);
  return head.subarray(2, 6);
}

function hex(words: Uint32Array): string {
  return Buffer.from(words.buffer, words.byteOffset, words.byteLength).toString('hex');
}
