/** Hashes, ciphers, keys and key exchanges that were half done are finished with the right result. */
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { checkpoint, pass } from '../../support/program.js';

const key = Buffer.alloc(32, 7);
const iv = Buffer.alloc(12, 9);
const hash = crypto.createHash('sha256').update('first ');
const hmac = crypto.createHmac('sha512', key).update('first ');
const cipher = crypto.createCipheriv('aes-256-gcm', key, iv);
const head = cipher.update('first ', 'utf8');
const { privateKey, publicKey } = crypto.generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const ed25519 = crypto.generateKeyPairSync('ed25519');
const signature = crypto.createSign('sha256').update('first ');
const alice = crypto.createECDH('prime256v1');
alice.generateKeys();
const secret = crypto.createSecretKey(key);
const subtle = await crypto.webcrypto.subtle.importKey('raw', key, 'AES-GCM', true, ['encrypt', 'decrypt']);

await checkpoint();

assert.equal(
  hash.update('second').digest('hex'),
  crypto.createHash('sha256').update('first second').digest('hex'),
);
assert.equal(
  hmac.update('second').digest('hex'),
  crypto.createHmac('sha512', secret).update('first second').digest('hex'),
);
const sealed = Buffer.concat([head, cipher.update('second', 'utf8'), cipher.final()]);
const decipher = crypto.createDecipheriv('aes-256-gcm', key, iv).setAuthTag(cipher.getAuthTag());
assert.equal(Buffer.concat([decipher.update(sealed), decipher.final()]).toString(), 'first second');
const signed = signature.update('second').sign(privateKey);
assert.ok(crypto.createVerify('sha256').update('first second').verify(publicKey, signed));
const bytes = Buffer.from('message');
assert.ok(crypto.verify(null, bytes, ed25519.publicKey, crypto.sign(null, bytes, ed25519.privateKey)));
const bob = crypto.createECDH('prime256v1');
assert.deepEqual(alice.computeSecret(bob.generateKeys()), bob.computeSecret(alice.getPublicKey()));
const encrypted = await crypto.webcrypto.subtle.encrypt({ name: 'AES-GCM', iv }, subtle, bytes);
const decrypted = await crypto.webcrypto.subtle.decrypt({ name: 'AES-GCM', iv }, subtle, encrypted);
assert.deepEqual(Buffer.from(decrypted), bytes);
pass();
