/** Registers functions with `v8.startupSnapshot` and tells after two checkpoints what was called. */
import { startupSnapshot } from 'node:v8';
import { checkpoint } from '../../support/program.js';

process.getBuiltinModule('node:v8');
const calls: unknown[] = [];
for (const number of [1, 2]) {
  startupSnapshot.addSerializeCallback((text) => calls.push(text), `before ${number}`);
  startupSnapshot.addDeserializeCallback((text) => calls.push(text), `after ${number}`);
}

await checkpoint();
if (process.env['CRAC_CHECKPOINT_TO'] !== undefined) await checkpoint();
process.stdout.write(`${calls.join()}\n`);
