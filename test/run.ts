/**
 * Runs the tests under every supported Node and closes with one summary.
 *
 * `npm test -- --node 24 --files survives` narrows it to one Node and to files whose path holds a word; both may be repeated.
 */
import { readdirSync } from 'node:fs';
import { relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { findNode, NODE_MAJORS } from './runner/nodes.js';
import { reportFailures, reportNode, reportSkips, reportTotal } from './runner/report.js';
import { runUnder } from './runner/run-under.js';
import { addTallies, emptyTally, type Tally } from './runner/tally.js';
import { announceNodes } from './support/once.js';

const here = fileURLToPath(new URL('./', import.meta.url));

const { values } = parseArgs({
  options: {
    node: { type: 'string', multiple: true, default: [...NODE_MAJORS] },
    files: { type: 'string', multiple: true, default: [] },
  },
});

announceNodes(values.node);
const files = findTests(values.files);
const tallies = new Map<string, Tally>();
for (const major of values.node) {
  const tally = await runUnder(findNode(major), files);
  reportNode(major, tally);
  tallies.set(major, tally);
}
const total = [...tallies.values()].reduce(addTallies, emptyTally());
reportSkips(total);
for (const [major, tally] of tallies) reportFailures(major, tally);
reportTotal(total);
process.exitCode = total.fail + total.cancelled === 0 && total.tests > 0 ? 0 : 1;

function findTests(words: readonly string[]): string[] {
  return readdirSync(here, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.js') && !file.split(sep).includes('node_modules'))
    .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
    .sort()
    .map((file) => relative(process.cwd(), here + file));
}
