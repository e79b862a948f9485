/**
 * A program that waits to be asked for a checkpoint. Its agent is a stand-in that does what `AGENT` says at the engine's step,
 * and its resources do what `RESOURCES` says.
 */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { getGlobalContext } from 'node-crac';
import { checkpointRestore } from 'node-crac/management';
import { syntheticImage } from '../../image/synthetic-image.js';

interface Request {
  readonly directory: string;
  readonly manifest: string;
  readonly keepRunning: boolean;
  readonly verify: boolean;
  readonly placeholders: readonly number[];
}

const BEHAVIOURS: Readonly<Record<string, (request: Request) => unknown>> = {
  write(request) {
    console.log(`engine ${JSON.stringify({ ...request, manifest: undefined, arrival: undefined })}`);
    writeImage(request, syntheticImage(request.manifest).bytes);
    if (request.keepRunning) return { pid: process.pid, pause: 1 };
    return process.exit(0);
  },
  die: () => process.kill(process.pid, 'SIGKILL'),
  leave: () => process.exit(0),
  damage(request) {
    const { bytes } = syntheticImage(request.manifest);
    writeImage(request, bytes.fill(0xff, 200, 210));
    return process.exit(0);
  },
  fail() {
    throw Object.assign(new Error('No space left on device'), { code: 'ENOSPC', phase: 'write' });
  },
};

const RESOURCES: Readonly<Record<string, () => Promise<void> | void>> = {
  quiet() {},
  throw() {
    throw new Error('3 queries are still running', { cause: new TypeError('the pool is busy') });
  },
  slow: () => sleep(30_000),
  slowly: () => sleep(1500),
};

const known: Readonly<Record<string, unknown>> = {
  checkpoint: BEHAVIOURS[process.env['AGENT'] ?? 'write'],
  probe: () => ({ problems: [], kernel: '', ioUring: false, pagemapScan: false, pkeys: 0 }),
  descriptors: () => [],
  brought: () => ({ args: [], env: [], cwd: '', directory: '' }),
  adoptEnvironment: () => false,
  writer: () => null,
  pid: () => process.pid,
  learnGenerators: () => ({ status: 'found', missing: '' }),
  withAllHandles: (callback: () => unknown) => callback(),
  stopWatchers() {},
  startWatchers: () => [],
  pauseListeners() {},
  resumeListeners() {},
  trim() {},
};

/** What this program does not need finds nothing. */
(globalThis as { standIn?: object }).standIn = new Proxy(known, {
  get: (functions, name: string) => functions[name] ?? (() => []),
});

getGlobalContext().register(
  {
    beforeCheckpoint: RESOURCES[process.env['RESOURCES'] ?? 'quiet'] ?? (() => {}),
    afterRestore: () => console.log('again'),
  },
  { name: 'database' },
);

setInterval(() => {}, 1000);
if (process.env['OWN'] !== undefined) setTimeout(askForCheckpoint, Number(process.env['OWN']));
console.log('ready');

function askForCheckpoint(): void {
  console.log('own checkpoint');
  checkpointRestore().catch(() => console.log('own failed'));
}

function writeImage({ directory, manifest }: Request, core: Buffer): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  writeFileSync(`${directory}/manifest.json`, manifest, { mode: 0o600 });
  writeFileSync(`${directory}/process.core.tmp`, core, { mode: 0o600 });
  renameSync(`${directory}/process.core.tmp`, `${directory}/process.core`);
}
