import assert from 'node:assert/strict';
import { closeSync, openSync, readFileSync, statSync, utimesSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { compiled } from '../support/paths.js';
import { scratch } from '../support/scratch.js';
import { start } from '../support/start.js';

it('watchGenerationFile() hears that a counter has changed, and acknowledges that when all is back', async (t) => {
  const file = join(scratch(t), 'sysgenid');
  writeFileSync(file, counter(7));
  const driven = join(compiled, 'sources/programs/driven.js');
  const program = start(t, [process.execPath, driven, 'generation', '{}', file]);
  await program.waitFor(/ready/);
  change(file, 8);
  await program.waitFor(/ready\nevent renewed/);
  while (statSync(file).mtimeMs === 0) await sleep(5);
  assert.deepEqual(readFileSync(file), counter(8));
});

/** Changes the counter as another program would, and its time to one that only a writer changes. */
function change(file: string, generation: number): void {
  const fd = openSync(file, 'r+');
  writeSync(fd, counter(generation), 0, 4, 0);
  closeSync(fd);
  utimesSync(file, 0, 0);
}

function counter(generation: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(generation);
  return bytes;
}
