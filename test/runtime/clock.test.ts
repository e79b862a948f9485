import assert from 'node:assert/strict';
import { chownSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as later } from 'node:timers/promises';
import { buildProgram, needsCompiler } from '../native/build-program.js';
import {
  assertCheckpointed,
  assertPassed,
  checkpoint,
  programFile,
  type RestoreOptions,
  restore,
} from '../support/image.js';
import { firstOf, needsCommand, needsRoot, needsWorking } from '../support/requirements.js';
import { scratch } from '../support/scratch.js';
import type { Ended } from '../support/start.js';

/** What the program found; times in milliseconds. */
interface Findings {
  readonly frozenMs: number;
  readonly frozenMonotonicMs: number;
  readonly elapsed: Readonly<Record<'now' | 'hrtime' | 'uptime' | 'wall', number>>;
  readonly waits: Readonly<Record<string, { result: string; own: number; wall: number }>>;
  readonly fired: number;
  readonly burst: number;
  readonly child: number;
  readonly origin: number;
}

const DAY = 86_400;
const NOBODY = 65_534;
/** Waits that began before the checkpoint and end after it, and those that begin after it. */
const LONG = ['timer', 'signal', 'async', 'during'];
const LENGTHS: Readonly<Record<string, number>> = {
  timer: 4000,
  signal: 4000,
  async: 4000,
  during: 4000,
  refreshed: 4000,
  fresh: 300,
  after: 500,
  asyncAfter: 300,
};
/** What the addon waits by. */
const WAITS = [
  ...['pthread_cond_timedwait', 'pthread_cond_clockwait', 'sem_clockwait', 'pthread_mutex_clocklock'],
  ...['pthread_rwlock_clockwrlock', 'clock_nanosleep', 'futex', 'steps'],
];
/** How late a loaded machine may be. */
const SLACK = 2500;

const POWERLESS = [
  ...['setpriv', '--reuid', String(NOBODY), '--regid', String(NOBODY), '--clear-groups'],
  ...['--inh-caps=-all', '--bounding-set=-all', '--no-new-privs'],
];

/** Words that put a command on a machine that has been up for so many days more. */
function machine(days: number): string[] {
  return ['unshare', '--time', '--monotonic', String(days * DAY), '--boottime', String(days * DAY)];
}

const withoutMachines = firstOf(needsRoot(), needsWorking([...machine(1), 'true'], 'time namespaces'));
const withoutNobody = firstOf(
  needsCommand('setpriv'),
  needsWorking(
    [...POWERLESS, process.execPath, '--check', programFile('support/program')],
    'a checkout that every user can read',
  ),
);
const withoutUserNamespace = needsWorking(
  ['unshare', '--user', '--map-root-user', 'true'],
  'user namespaces',
);

/** Who restores: what is allowed decides on the way in which the clock is corrected. */
const RESTORERS: readonly { name: string; wrapper: readonly string[]; skip: string | false }[] = [
  { name: 'root', wrapper: [], skip: false },
  {
    name: 'root of a user namespace',
    wrapper: ['unshare', '--user', '--map-root-user'],
    skip: withoutUserNamespace,
  },
  { name: 'a user without privileges', wrapper: POWERLESS, skip: withoutNobody },
];
/** Days that the machine of the restore has been up more than that of the checkpoint, which has 2 more than this one. */
const UPTIMES = { smaller: -1, larger: 1 };

describe('the clock of another machine', { skip: withoutMachines, concurrency: 2 }, () => {
  for (const { name, wrapper, skip } of RESTORERS) {
    for (const [uptime, days] of Object.entries(UPTIMES)) {
      it(`goes on for ${name} where the uptime is ${uptime}`, { skip }, async (t) => {
        const image = await makeImage(t, wrapper);
        await later(1000);
        assertWall(await measure(t, image, { wrapper: [...machine(2 + days), ...wrapper] }));
      });
    }
    it(`stands still for ${name} with --clock freeze`, { skip }, async (t) => {
      const image = await makeImage(t, wrapper);
      await later(2000);
      assertFrozen(
        await measure(t, image, { wrapper: [...machine(1), ...wrapper], options: ['--clock', 'freeze'] }),
      );
    });
  }

  it("is the machine's with --clock host, and when the repair was switched off", async (t) => {
    for (const [env, options] of [
      [{}, ['--clock=host']],
      [{ CRAC_RUNTIME: '-clock' }, []],
    ] as const) {
      const image = await makeImage(t, [], env);
      const { elapsed, frozenMonotonicMs } = await measure(t, image, { wrapper: machine(3), options });
      assert.ok(elapsed.now > DAY * 1000, `Monotonic time went on by ${elapsed.now} ms.`);
      assert.ok(frozenMonotonicMs > DAY * 1000);
    }
  });
});

describe('waits of native code until a point of time', { skip: withoutMachines || needsCompiler() }, () => {
  for (const days of [1, 3]) {
    for (const inside of [false, true]) {
      const title = `end in time on a machine that is up for ${days} days instead of 2${inside ? ' (inside)' : ''}`;
      it(title, async (t) => {
        const image = await checkpoint(t, 'runtime/programs/native-waits', {
          args: [buildProgram('waits.node')],
          wrapper: machine(2),
        });
        const { code, stdout, stderr } = await restore(t, image, {
          wrapper: machine(days),
          env: inside ? { CRAC_FAULT: 'time-namespace' } : {},
        });
        assert.equal(stderr, '');
        assert.equal(code, 0);
        const [during, after] = JSON.parse(stdout) as Record<string, number>[];
        assert.deepEqual(Object.keys(during ?? {}), WAITS);
        for (const wait of WAITS) assertWaited(wait, during?.[wait], 4000);
        for (const wait of WAITS) assertWaited(`${wait} after the restore`, after?.[wait], 1000);
      });
    }
  }
});

describe('a chain of checkpoints', { skip: withoutMachines }, () => {
  /** Days of uptime of each machine, and whether the clock is corrected in the process itself. */
  const COURSES: readonly (readonly (readonly [days: number, inside: boolean])[])[] = [
    [
      [1, false],
      [3, true],
      [1, true],
      [4, false],
      [2, true],
    ],
    [
      [3, true],
      [2, true],
      [2, false],
    ],
  ];
  for (const course of COURSES) {
    const title = course.map(([days, inside]) => `${days} days${inside ? ' (inside)' : ''}`).join(', ');
    it(`keeps one time on machines that are up for ${title}`, async (t) => {
      const folder = scratch(t);
      const directories = course.map((_, index) => join(folder, String(index)));
      const options = { timeout: 60_000, cwd: folder };
      const [first = ''] = directories;
      await checkpoint(t, 'runtime/programs/clock-chain', {
        ...options,
        directory: first,
        args: directories,
        wrapper: machine(2),
      });
      for (const [index, [days, inside]] of course.entries()) {
        const ended = await restore(t, directories[index] ?? '', {
          ...options,
          wrapper: machine(days),
          env: inside ? { CRAC_FAULT: 'time-namespace' } : {},
        });
        if (index === course.length - 1) assertPassed(ended);
        else assertCheckpointed(ended, directories[index + 1] ?? '');
      }
    });
  }
});

describe('the clock of the same machine', { skip: withoutMachines }, () => {
  it('is left alone', async (t) => {
    const image = await checkpoint(t, 'runtime/programs/clock');
    await later(1000);
    assertWall(await measure(t, image));
  });
});

async function makeImage(
  t: TestContext,
  wrapper: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const folder = scratch(t);
  if (wrapper === POWERLESS) chownSync(folder, NOBODY, NOBODY);
  return checkpoint(t, 'runtime/programs/clock', {
    directory: join(folder, 'image'),
    wrapper: [...machine(2), ...(wrapper === POWERLESS ? wrapper : [])],
    cwd: folder,
    env,
  });
}

async function measure(t: TestContext, image: string, options: RestoreOptions = {}): Promise<Findings> {
  const { code, stdout, stderr }: Ended = await restore(t, image, options);
  assert.equal(stderr, '');
  assert.equal(code, 0);
  return JSON.parse(stdout) as Findings;
}

function assertWall(findings: Findings): void {
  const { elapsed, frozenMs, frozenMonotonicMs, waits, origin } = findings;
  assertNear('frozenMonotonicMs', frozenMonotonicMs, frozenMs, 1500);
  for (const clock of ['now', 'hrtime', 'uptime'] as const)
    assertNear(clock, elapsed[clock], elapsed.wall, 1500);
  for (const wait of LONG) assertWaited(wait, waits[wait]?.wall, LENGTHS[wait]);
  assertNear('timeOrigin + now()', origin, 0, 1500);
  assertSound(findings);
}

function assertFrozen(findings: Findings): void {
  const { elapsed, frozenMs, frozenMonotonicMs, waits } = findings;
  assert.equal(frozenMonotonicMs, 0);
  assert.ok(frozenMs >= 2000);
  for (const clock of ['now', 'hrtime', 'uptime'] as const)
    assertNear(clock, elapsed[clock], elapsed.wall - frozenMs, 300);
  for (const wait of LONG) assertWaited(wait, waits[wait]?.wall, (LENGTHS[wait] ?? 0) + frozenMs);
  assertSound(findings);
}

/** What holds in any case. */
function assertSound({ waits, fired, burst, child }: Findings): void {
  assert.deepEqual(Object.keys(waits).sort(), Object.keys(LENGTHS).sort());
  for (const [name, { own }] of Object.entries(waits)) assertWaited(name, own, LENGTHS[name]);
  for (const name of ['during', 'after', 'async', 'asyncAfter'])
    assert.equal(waits[name]?.result, 'timed-out');
  assert.equal(fired, 1, `The timer that was due fired ${fired} times.`);
  const most = (waits['fresh']?.own ?? 0) / 20 + 2;
  assert.ok(burst <= most, `The interval ran ${burst} times instead of ${most}.`);
  assert.ok(child >= 99 && child < SLACK, `A child process found a timer of 100 ms take ${child} ms.`);
}

/** A machine with much else to do may look at the clock late, so that a timer seems early; a wrong clock is wrong by a second and more. */
const EARLY = 200;

function assertWaited(name: string, took = Number.NaN, length = 0): void {
  assert.ok(took >= length - EARLY && took < length + SLACK, `${name}: ${took} ms instead of ${length}`);
}

function assertNear(name: string, value: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(value - expected) <= tolerance, `${name}: ${value} ms instead of ${expected}`);
}
