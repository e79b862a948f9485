/** Checkpoints into two directories; in between all gaps around the vDSO are filled. Its clocks go on all the while. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { setTimeout as later } from 'node:timers/promises';
import { imageOptions } from '../../support/image-options.js';
import { checkpoint, pass } from '../../support/program.js';

const [addon = '', first = '', second = ''] = process.argv.slice(2);
const { fill } = createRequire(import.meta.url)(addon) as { fill(): void };

async function assertClocksRun(): Promise<void> {
  const [own, wall] = [performance.now(), Date.now()];
  await later(20);
  assert.ok(performance.now() - own >= 19);
  assert.ok(Date.now() - wall >= 19);
}

await checkpoint(imageOptions(first));
await assertClocksRun();
fill();
await checkpoint(imageOptions(second));
await assertClocksRun();
pass();
