import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import {
  ARRIVAL,
  type NativeBinding,
  type NativeBrought,
  type NativeRequest,
} from '#dist/binding/binding.js';
import type { EngineRequest } from '#dist/engines/engine.js';
import { createNativeEngine, type NativeEngine } from '#dist/engines/native/native-engine.js';

const scratch = mkdtempSync(join(tmpdir(), 'crac-engine-'));
after(() => rmSync(scratch, { recursive: true }));

const brought: NativeBrought = {
  args: ['a'],
  env: ['HOME=/root', 'EMPTY=', 'A=b=c', 'HOME=/other', 'nonsense'],
  cwd: '/srv',
  directory: '/images/one',
};

function createEngine(binding: Partial<NativeBinding>): NativeEngine {
  return createNativeEngine(() => ({
    checkpoint: () => undefined,
    suspend: () => ({ brought: -1, pause: 0 }),
    leave: () => process.exit(),
    brought: () => brought,
    adoptEnvironment: () => 0,
    writer: () => null,
    pid: () => process.pid,
    descriptors: () => [],
    probe: () => ({
      problems: [],
      kernel: '6.1',
      ioUring: true,
      pagemapScan: true,
      clockWaits: true,
      pkeys: 0,
    }),
    cpuFeatures: () => '',
    withAllHandles: (callback) => callback(),
    stopWatchers: () => 0,
    startWatchers: () => [],
    requests: () => 0,
    pauseListeners() {},
    resumeListeners() {},
    learnGenerators: () => ({ status: 'found', missing: '' }),
    pipe: () => [],
    wakeOutput: () => -1,
    rememberTerminal() {},
    adoptTerminal() {},
    trim() {},
    setLocale() {},
    limitHeap() {},
    gather() {},
    setFlagsLater() {},
    localeChanged() {},
    timeZoneChanged() {},
    random: () => 'ours',
    reseed: () => true,
    pools: () => [],
    renew() {},
    openUevents: () => -1,
    watchReadable: () => false,
    unwatchReadable() {},
    connectUnix: () => -1,
    receive: () => 0,
    mapCounter: () => 0,
    readCounter: () => 0,
    unmapCounter() {},
    ...binding,
  }));
}

/** An agent whose restore brings these numbers. */
function arriving(fields: Partial<Record<keyof typeof ARRIVAL, number>>): Partial<NativeBinding> {
  return {
    checkpoint({ arrival }) {
      for (const [name, value] of Object.entries(fields))
        arrival[ARRIVAL[name as keyof typeof ARRIVAL]] = value;
      return undefined;
    },
  };
}

function requestFor(directory: string): EngineRequest {
  return { ...agentRequestFor(directory), options: {}, userData: {}, async announce() {} };
}

/** The part of it that the agent is handed. */
function agentRequestFor(directory: string): Omit<EngineRequest, 'options' | 'userData' | 'announce'> {
  return {
    id: '00112233-4455-6677-8899-aabbccddeeff',
    directory,
    manifest: '{}',
    tags: 'label:tier=gold\n',
    score: 'requests=3\n',
    keepRunning: false,
    verify: false,
    placeholders: [21],
    closed: [22],
    reopened: [23, 24],
    unchecked: [24],
    stopTimeout: 5,
  };
}

function failing(error: unknown): Partial<NativeBinding> {
  return {
    checkpoint() {
      throw error;
    },
  };
}

test('the agent is asked for what the engine is asked for, and where to fail', async () => {
  const requests: Omit<NativeRequest, 'arrival'>[] = [];
  const engine = createEngine({
    checkpoint({ arrival: _, ...request }) {
      requests.push(request);
      return undefined;
    },
  });
  process.env['CRAC_FAULT'] = 'image-fsync';
  await engine.checkpoint(requestFor(scratch));
  delete process.env['CRAC_FAULT'];
  await engine.checkpoint(requestFor(scratch));
  assert.deepEqual(requests, [
    { ...agentRequestFor(scratch), hostClock: false, cpuFeatures: '', secrets: [], fault: 'image-fsync' },
    { ...agentRequestFor(scratch), hostClock: false, cpuFeatures: '', secrets: [], fault: '' },
  ]);
});

test('a restore brings its environment as an object, the first of two equal names counting', async () => {
  const result = await createEngine({}).checkpoint(requestFor(scratch));
  assert.ok(result.kind === 'restored');
  assert.deepEqual({ ...result.restore.env }, { HOME: '/root', EMPTY: '', A: 'b=c' });
  assert.deepEqual(result.restore.args, ['a']);
});

test('the numbers of a restore say what it was asked for and what has changed', async () => {
  const fields = { pid: 12, flags: 1 | 2 | 8, startedAt: 1000, duration: 2, moved: 1, selfTest: 1 };
  const result = await createEngine(arriving(fields)).checkpoint(requestFor(scratch));
  assert.ok(result.kind === 'restored');
  const { hasArgs, cwdPolicy, envPolicy, startedAt, duration } = result.restore;
  assert.deepEqual([hasArgs, cwdPolicy, envPolicy, startedAt, duration], [true, 'image', 'merge', 1000, 2]);
  const { pid, moved, selfTest } = result.arrival ?? {};
  assert.deepEqual([pid, moved, selfTest], [12, true, true]);
});

test('the texts of a restore are read from the agent only when they are asked for', async () => {
  let calls = 0;
  const engine = createEngine({
    brought() {
      calls += 1;
      return brought;
    },
  });
  const result = await engine.checkpoint(requestFor(scratch));
  assert.ok(result.kind === 'restored');
  assert.equal(calls, 0);
  assert.equal(result.restore.cwd + result.restore.directory, '/srv/images/one');
  assert.equal(calls, 1);
});

test('the environment is left alone when the agent says that it is the same', async () => {
  let calls = 0;
  const adoptEnvironment = (): number => {
    calls += 1;
    return 0;
  };
  for (const environmentDiffers of [0, 1]) {
    const engine = createEngine({ ...arriving({ environmentDiffers }), adoptEnvironment });
    const result = await engine.checkpoint(requestFor(scratch));
    assert.ok(result.kind === 'restored');
    result.arrival?.adoptEnvironment();
    assert.equal(calls, environmentDiffers);
  }
});

test('a rehearsed restore goes the way of a changed environment and changes nothing', () => {
  const rehearsed: boolean[] = [];
  const adoptEnvironment = (isRehearsed: boolean): number => rehearsed.push(isRehearsed) * 0;
  const result = createEngine({ adoptEnvironment }).describePresent?.();
  assert.ok(result?.kind === 'restored');
  assert.equal(result.arrival?.adoptEnvironment(), false);
  assert.deepEqual(rehearsed, [true]);
});

test('a restore that was made up for a rehearsal only goes to the working directory where it is', () => {
  const result = createEngine({}).describePresent();
  assert.ok(result.kind === 'restored');
  const { pid, moved, isThere, selfTest } = result.arrival ?? {};
  assert.deepEqual([pid, moved, isThere, selfTest], [process.pid, true, true, false]);
});

test('the image directory is created for this user alone, and removed again when there is no image', async () => {
  const directory = join(scratch, 'created');
  const seen: number[] = [];
  const engine = createEngine({
    checkpoint() {
      seen.push(statSync(directory).mode & 0o777);
      throw new Error('no');
    },
  });
  await assert.rejects(engine.checkpoint(requestFor(directory)));
  assert.deepEqual(seen, [0o700]);
  assert.equal(existsSync(directory), false);
});

test('a directory that was there stays when there is no image', async () => {
  const directory = join(scratch, 'kept');
  mkdirSync(directory);
  await assert.rejects(createEngine(failing(new Error('no'))).checkpoint(requestFor(directory)));
  assert.equal(existsSync(directory), true);
});

test('a directory that cannot be used is refused before the agent is called', async () => {
  const engine = createEngine(failing(new Error('called')));
  const file = join(scratch, 'file');
  writeFileSync(file, '');
  const refused = { code: 'ERR_CRAC_DIRECTORY_REFUSED' };
  await assert.rejects(engine.checkpoint(requestFor(file)), { ...refused, message: /it is no directory/ });
  await assert.rejects(engine.checkpoint(requestFor(join(file, 'image'))), refused);
  await assert.rejects(engine.checkpoint(requestFor(join(scratch, 'no', 'image'))), {
    ...refused,
    message: /its parent .* is no directory; create that first/,
  });
});

test('a manifest.json that is of no image is left alone, and that of an image is not in the way', async () => {
  const directory = join(scratch, 'public');
  const manifest = join(directory, 'manifest.json');
  mkdirSync(directory, { mode: 0o755 });
  const ofWebApplication = '{"name":"My app","start_url":"/","icons":[]}';
  writeFileSync(manifest, ofWebApplication);
  await assert.rejects(createEngine(failing(new Error('called'))).checkpoint(requestFor(directory)), {
    code: 'ERR_CRAC_DIRECTORY_REFUSED',
    message: /its manifest\.json is of no image and would be lost; name another one/,
  });
  assert.equal(readFileSync(manifest, 'utf8'), ofWebApplication);
  writeFileSync(manifest, '{"format":1,"id":"x","engine":"pause"}');
  assert.equal((await createEngine({}).checkpoint(requestFor(directory))).kind, 'restored');
  writeFileSync(manifest, '');
  writeFileSync(join(directory, 'process.core'), '');
  assert.equal((await createEngine({}).checkpoint(requestFor(directory))).kind, 'restored');
});

test('a directory without write permission is refused', {
  skip: process.geteuid?.() === 0 && 'root may write everywhere',
}, async () => {
  const directory = join(scratch, 'read-only');
  mkdirSync(directory);
  chmodSync(directory, 0o500);
  await assert.rejects(createEngine({}).checkpoint(requestFor(directory)), {
    code: 'ERR_CRAC_DIRECTORY_REFUSED',
  });
});

test('a failure of the agent names what cannot travel', async () => {
  const failure = Object.assign(new Error("the process holds what can't travel"), {
    phase: 'collect',
    problems: [
      { fd: -1, target: '/data/books.db-shm', message: "a shared mapping can't travel" },
      { fd: -1, target: '', message: "a child process can't travel" },
    ],
  });
  await assert.rejects(createEngine(failing(failure)).checkpoint(requestFor(scratch)), {
    code: 'ERR_CRAC_ENGINE_FAILED',
    message:
      /: the process holds what can't travel: \/data\/books\.db-shm: a shared mapping can't travel; a child process can't travel$/,
  });
});

test('a failure of the agent keeps its code, step and number', async () => {
  const failure = Object.assign(new Error('cannot write: no space left'), {
    code: 'ENOSPC',
    phase: 'write',
    errno: 28,
  });
  await assert.rejects(createEngine(failing(failure)).checkpoint(requestFor(scratch)), {
    code: 'ERR_CRAC_ENGINE_FAILED',
    message: `Engine native could not write an image to ${scratch} (step "write"): cannot write: no space left`,
    details: {
      engine: 'native',
      directory: scratch,
      reason: 'cannot write: no space left',
      phase: 'write',
      engineCode: 'ENOSPC',
      errno: 28,
    },
    cause: failure,
  });
});

test('the image of a process that keeps running is waited for', async () => {
  const states: (undefined | null)[] = [undefined, undefined, null];
  const engine = createEngine({
    checkpoint: () => ({ pid: 7, pause: 3 }),
    writer(pid) {
      assert.equal(pid, 7);
      return states.shift();
    },
  });
  const result = await engine.checkpoint({ ...requestFor(scratch), keepRunning: true });
  assert.ok(result.kind === 'running');
  assert.equal(result.pause, 3);
  await result.written;
  assert.deepEqual(states, []);
});

test('a writer that fails is an engine that failed', async () => {
  const engine = createEngine({
    checkpoint: () => ({ pid: 7, pause: 3 }),
    writer() {
      throw Object.assign(new Error('it was killed'), { phase: 'write' });
    },
  });
  const result = await engine.checkpoint({ ...requestFor(scratch), keepRunning: true });
  assert.ok(result.kind === 'running');
  await assert.rejects(result.written, { code: 'ERR_CRAC_ENGINE_FAILED', message: /it was killed/ });
});

test('what the kernel forbids makes the engine unavailable, with every reason', () => {
  const probe = { kernel: '5.0', ioUring: false, pagemapScan: false, clockWaits: true, pkeys: 0 };
  const engine = createEngine({ probe: () => ({ ...probe, problems: ['No pagemap.', 'No rseq.'] }) });
  assert.deepEqual(engine.availability(), { status: 'never', reason: 'No pagemap. No rseq.' });
  assert.deepEqual(createEngine({}).availability(), { status: 'ready' });
});

test('an agent that cannot be loaded makes the engine unavailable', () => {
  const engine = createNativeEngine(() => {
    throw new Error('it is not there');
  });
  assert.deepEqual(engine.availability(), { status: 'never', reason: 'it is not there' });
});
