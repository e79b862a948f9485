/** A heap of many small objects leaves nothing behind in the address space of the process that goes on, and is complete in the other. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { checkpoint, pass } from '../../support/program.js';

const objects = Array.from({ length: 500_000 }, (_, id) => ({ id, tags: [`tag ${id}`] }));

const { restored } = await checkpoint({ keepRunning: true });
assert.deepEqual(largest(), []);
assert.ok(objects.every(({ id, tags }, index) => id === index && tags[0] === `tag ${id}`));
if (restored) pass();

/** Mappings of more than a terabyte. */
function largest(): readonly string[] {
  return readFileSync('/proc/self/maps', 'utf8')
    .split('\n')
    .filter((line) => {
      const [start = '0', end = '0'] = (line.split(' ')[0] ?? '').split('-');
      return Number.parseInt(end, 16) - Number.parseInt(start, 16) > 2 ** 40;
    });
}
