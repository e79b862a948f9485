/** Prints random values of every kind, made after the restore. */
import crypto from 'node:crypto';
import { checkpoint } from '../../support/program.js';

crypto.randomUUID();
crypto.randomBytes(16);
Math.random();
await checkpoint();
process.stdout.write(
  `${JSON.stringify({
    bytes: crypto.randomBytes(16).toString('hex'),
    uuid: crypto.randomUUID(),
    web: crypto.getRandomValues(new Uint32Array(4)).join(),
    integer: crypto.randomInt(2 ** 47),
    key: crypto.generateKeySync('hmac', { length: 128 }).export().toString('hex'),
    math: Math.random(),
  })}\n`,
);
