/** Keys and secrets of all sizes, made in every way, are what they were. */
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { promisify } from 'node:util';
import { checkpoint, pass } from '../../support/program.js';

const SIZES = [16, 32, 48, 64, 128, 255, 256, 257, 384, 512, 768, 1000, 1024, 1536, 2000, 2047];

const secrets = SIZES.map((size) => crypto.randomBytes(size));
const later = await Promise.all(SIZES.map((size) => promisify(crypto.randomBytes)(size)));
const keys = SIZES.map((size) => crypto.generateKeySync('hmac', { length: size * 8 }));
const group = crypto.getDiffieHellman('modp15');
group.generateKeys();
const { privateKey } = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
const payload = crypto.randomBytes(100_000);
const freed = Array.from({ length: 2000 }, () => crypto.randomBytes(512)).filter(
  (_, index) => index % 7 === 0,
);
const before = describe();

await checkpoint();

assert.deepEqual(describe(), before);
pass();

function describe(): string[] {
  const all = [...secrets, ...later, ...keys.map((key) => key.export()), payload, ...freed];
  return [
    ...all.map((secret) => secret.toString('hex')),
    group.getPrivateKey('hex'),
    privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  ];
}
