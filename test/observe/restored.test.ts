import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { restore, startProgram } from '../support/image.js';
import { scratch } from '../support/scratch.js';

/** What the program tells. */
interface Told {
  readonly heard: readonly Heard[];
  readonly last: { readonly startedAt: number; readonly outcome: string; readonly phases: object };
  readonly restore: { readonly startedAt: number; readonly engine: number; readonly application: number };
  readonly metrics: string;
}

interface Heard {
  readonly name: string;
  readonly event?: string;
  readonly phase?: string;
  readonly resource?: string;
  readonly duration?: number;
  readonly restored?: boolean;
  readonly info?: { readonly restored: boolean; readonly generation: number };
  readonly engine?: number;
}

const UP_TO_THE_IMAGE = [
  'application',
  'rehearsal',
  'runtime',
  'rehearsal',
  'workers',
  'requests',
  'inspection',
];
const RETURN = ['runtime-return', 'application-return'];

describe('a process that is checkpointed and restored', () => {
  it('tells its log, its listeners and Prometheus, before the image and after it', async (t) => {
    const began = Date.now();
    const directory = join(scratch(t), 'image');
    const original = startProgram(t, 'observe/programs/watched', { directory, env: { CRAC_LOG: 'debug' } });
    const { code, stderr } = await original.ended;
    assert.equal(code, 0, stderr);
    checkLogOfCheckpoint(stderr, directory);

    const restoring = Date.now();
    const silent = await restore(t, directory);
    assert.deepEqual(
      [silent.code, silent.stderr],
      [0, ''],
      'nothing is said unless the restorer asks for it',
    );
    const told = JSON.parse(silent.stdout) as Told;
    checkMessages(told.heard);
    assert.equal(told.last.outcome, 'written');
    assert.ok(told.last.startedAt >= began - 1 && told.last.startedAt <= restoring);
    assert.deepEqual(Object.keys(told.last.phases), [...new Set(UP_TO_THE_IMAGE)]);
    assert.ok(told.restore.startedAt >= restoring - 1 && told.restore.startedAt <= Date.now() + 1);
    checkMetrics(told.metrics, restoring);
    await checkLogOfRestore(t, directory);
  });
});

function checkLogOfCheckpoint(text: string, directory: string): void {
  const lines = text.trimEnd().split('\n');
  const time = /\d+\.\d ms$/;
  const phases = lines.filter((line) => /^crac: [a-z]+ \d/.test(line)).map((line) => line.split(' ')[1]);
  assert.deepEqual(phases, UP_TO_THE_IMAGE, text);
  assert.equal(lines[0], 'crac: checkpoint begins');
  const pool = lines.find((line) => line.startsWith('crac: beforeCheckpoint of pool in global '));
  assert.match(pool ?? text, time);
  assert.equal(lines.at(-1), `crac: writing the image to ${directory}`);
}

function checkMessages(heard: readonly Heard[]): void {
  const named = (name: string): readonly Heard[] => heard.filter((each) => each.name === name);
  const ended = named('phase').filter(({ event }) => event === 'asyncEnd');
  assert.deepEqual(
    ended.map(({ phase }) => phase),
    [...UP_TO_THE_IMAGE, ...RETURN],
  );
  assert.ok(ended.every(({ duration = -1 }) => duration >= 0));
  assert.deepEqual(
    named('resource')
      .filter(({ resource }) => resource === 'pool')
      .map(({ event, phase }) => [phase, event]),
    [
      ...['start', 'end', 'asyncStart', 'asyncEnd'].map((event) => ['beforeCheckpoint', event]),
      ...['start', 'end'].map((event) => ['afterRestore', event]),
    ],
  );
  const restored = named('restored');
  assert.deepEqual(
    restored.map(({ info }) => [info?.restored, info?.generation]),
    [[true, 1]],
  );
  assert.ok((restored[0]?.engine ?? 0) > 0);
  assert.deepEqual(
    named('checkpoint').map(({ event, restored: isRestored }) => [event, isRestored]),
    [
      ['start', undefined],
      ['end', undefined],
      ['asyncStart', true],
      ['asyncEnd', true],
    ],
  );
}

function checkMetrics(text: string, restoring: number): void {
  const value = (line: string): number => Number(text.match(new RegExp(`^${line} (.+)$`, 'm'))?.[1]);
  assert.equal(value('crac_checkpoints_total\\{outcome="written"\\}'), 1, text);
  assert.equal(value('crac_checkpoints_total\\{outcome="failed"\\}'), 0);
  assert.equal(value('crac_restores_total'), 1);
  assert.equal(value('crac_availability\\{status="ready"\\}'), 1);
  assert.equal(value('crac_availability\\{status="never"\\}'), 0);
  const restoredAt = value('crac_restore_start_time_seconds') * 1000;
  assert.ok(restoredAt >= restoring - 1 && restoredAt <= Date.now() + 1, text);
  assert.ok(value('crac_restore_duration_seconds\\{phase="engine"\\}') > 0);
  assert.ok(value('crac_checkpoint_phase_duration_seconds\\{phase="rehearsal"\\}') > 0);
  assert.ok(value('crac_checkpoint_duration_seconds') > 0);
}

async function checkLogOfRestore(t: TestContext, directory: string): Promise<void> {
  const brief = (await restore(t, directory, { env: { CRAC_LOG: 'info' } })).stderr;
  const [runtime = '', application = '', last = '', ...more] = brief.trimEnd().split('\n');
  assert.match(runtime, /^crac: runtime-return \d+\.\d ms$/);
  assert.match(application, /^crac: application-return \d+\.\d ms$/);
  assert.match(last, /^crac: restored from .*\/image as process \d+, generation 1, in \d+\.\d ms$/);
  assert.deepEqual(more, []);
  const long = (await restore(t, directory, { env: { CRAC_LOG: 'debug' } })).stderr;
  assert.match(long, /^crac: afterRestore of identity in runtime \d+\.\d ms$/m);
  assert.match(long, /^crac: afterRestore of pool in global \d+\.\d ms$/m);
}
