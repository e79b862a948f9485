/** Goes on after its checkpoint. The original and every restored process say what came out of their pool, and whether a key is what it was. */
import { randomBytes, randomUUID } from 'node:crypto';
import { keepRunning } from '../../support/image-options.js';
import { checkpoint } from '../../support/program.js';

const key = randomBytes(512);
const copy = Buffer.from(key);
randomUUID();
const { restored } = await checkpoint(keepRunning);
const values = Array.from({ length: 100 }, () => randomUUID());
process.stdout.write(`${JSON.stringify({ restored, values, isKeyKept: key.equals(copy) })}\n`);
