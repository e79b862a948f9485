/** Prints random values that must be secret, made after the restore. */
import crypto from 'node:crypto';
import { checkpoint } from '../../support/program.js';

crypto.randomBytes(16);
await checkpoint();
process.stdout.write(
  `${JSON.stringify({
    bytes: crypto.randomBytes(16).toString('hex'),
    web: crypto.getRandomValues(new Uint32Array(4)).join(),
    key: crypto.generateKeySync('hmac', { length: 128 }).export().toString('hex'),
  })}\n`,
);
