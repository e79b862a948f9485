/** Prints what can be seen of the options of Node after the restore. */
import { getDefaultResultOrder } from 'node:dns';
import { getDefaultAutoSelectFamily } from 'node:net';
import tls from 'node:tls';
import { checkpoint } from '../../support/program.js';

await checkpoint();
process.emitWarning('from the program');
const { directory, reportOnSignal } = process.report;
const told = {
  limit: Error.stackTraceLimit,
  title: process.title,
  order: getDefaultResultOrder(),
  family: getDefaultAutoSelectFamily(),
  tls: tls.DEFAULT_MIN_VERSION,
  report: [directory, reportOnSignal],
};
setImmediate(() => process.stdout.write(`${JSON.stringify(told)}\n`));
