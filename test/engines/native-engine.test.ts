import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { NativeBinding, NativeOutcome, NativeRequest } from '#dist/binding/binding.js';
import type { Engine, EngineRequest } from '#dist/engines/engine.js';
import { createNativeEngine } from '#dist/engines/native/native-engine.js';

const scratch = mkdtempSync(join(tmpdir(), 'crac-engine-'));
after(() => rmSync(scratch, { recursive: true }));

const outcome: NativeOutcome = {
  status: 'restored',
  args: ['a'],
  hasArgs: true,
  env: ['HOME=/root', 'EMPTY=', 'A=b=c', 'HOME=/other', 'nonsense'],
  cwd: '/work',
  cwdPolicy: 'restorer',
  envPolicy: 'replace',
  directory: '/images/one',
  startedAt: 1000,
  frozenMs: 900,
  frozenMonotonicMs: 800,
  duration: 2,
};

function createEngine(binding: Partial<NativeBinding>): Engine {
  return createNativeEngine(() => ({
    checkpoint: () => outcome,
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
    withAllHandles: (callback) => callback(),
    pauseListeners() {},
    resumeListeners() {},
    learnGenerators: () => ({ status: 'found', missing: '' }),
    rememberTerminal() {},
    adoptTerminal() {},
    trim() {},
    setLocale() {},
    localeChanged() {},
    timeZoneChanged() {},
    random: () => 'ours',
    reseed: () => true,
    pools: () => [],
    ...binding,
  }));
}

function requestFor(directory: string): EngineRequest {
  return {
    id: '00112233-4455-6677-8899-aabbccddeeff',
    directory,
    manifest: '{}',
    keepRunning: false,
    verify: false,
    placeholders: [21],
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
  const requests: NativeRequest[] = [];
  const engine = createEngine({
    checkpoint(request) {
      requests.push(request);
      return outcome;
    },
  });
  process.env['CRAC_FAULT'] = 'image-fsync';
  await engine.checkpoint(requestFor(scratch));
  delete process.env['CRAC_FAULT'];
  await engine.checkpoint(requestFor(scratch));
  assert.deepEqual(requests, [
    { ...requestFor(scratch), fault: 'image-fsync' },
    { ...requestFor(scratch), fault: '' },
  ]);
});

test('a restore brings its environment as an object, the first of two equal names counting', async () => {
  const result = await createEngine({}).checkpoint(requestFor(scratch));
  assert.ok(result.kind === 'restored');
  assert.deepEqual({ ...result.restore.env }, { HOME: '/root', EMPTY: '', A: 'b=c' });
  assert.deepEqual(result.restore.args, ['a']);
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
    checkpoint: () => ({ status: 'writing', pid: 7, pause: 3 }),
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
    checkpoint: () => ({ status: 'writing', pid: 7, pause: 3 }),
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
