/** Takes time of the processor, and asks after the restore how much of it has passed since. */
import assert from 'node:assert/strict';
import { checkpoint, pass } from '../../support/program.js';

while (process.cpuUsage().user < 300_000);
const before = process.cpuUsage();
const { userCPUTime } = process.resourceUsage();

await checkpoint();

const passed = process.cpuUsage(before);
assert.ok(passed.user >= 0 && passed.system >= 0, JSON.stringify(passed));
assert.ok(process.cpuUsage().user >= before.user);
assert.ok(process.resourceUsage().userCPUTime >= userCPUTime);
pass();
