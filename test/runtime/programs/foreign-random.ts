/**
 * Prints, as one line of JSON, what it drew after the restore and how often the generator of an addon was asked meanwhile. Arguments: the addon, and `fips` when
 * FIPS mode shall be on.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { checkpoint } from '../../support/program.js';

interface ForeignRandom {
  calls(): number;
  enableFips(): void;
}

const [path = '', mode] = process.argv.slice(2);
randomBytes(16);
const addon = createRequire(import.meta.url)(path) as ForeignRandom;
if (mode === 'fips') addon.enableFips();
randomBytes(16);
randomUUID();
await checkpoint();
const before = addon.calls();
const values = [randomBytes(16).toString('hex'), randomUUID()];
console.log(JSON.stringify({ values, calls: addon.calls() - before }));
