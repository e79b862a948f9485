/**
 * The preload: `node --import node-crac/register app.js` makes a program reachable for `crac checkpoint`.
 *
 * In the main thread it opens one socket that does not keep the process alive. The socket is opened when the event loop has begun to turn;
 * everything behind it is loaded when somebody connects. Only the agent is loaded at once, without the rest of the package: it has to see the
 * process's random numbers from the first on. In worker threads the preload opens a channel on which the main thread tells of checkpoints.
 * In both it waits for libraries that know `v8.startupSnapshot`.
 */
import type { BroadcastChannel, Worker } from 'node:worker_threads';
import { offerSnapshotHooks } from './core/startup-snapshot.js';

/** Milliseconds after which the socket is opened; a program that has ended by then never pays for it. */
const DELAY = 10;

/** Names of the channels and words of the gate; `runtime/worker-gate.ts` and `runtime/worker-answers.ts` have them too. */
const CHANNEL_NAME = 'node-crac.v1';
const ANSWERS_NAME = 'node-crac.v1.answers';
const HEARD = 3;
const SETTLED = 4;

/** Where all copies of the package keep what they share; `core/process-wide.ts` has it too. */
const SLOTS = Symbol.for('node-crac.v1');

if (!process.env['CRAC_RUNTIME']?.includes('-startup-snapshot')) offerSnapshotHooks();
if (process.env['CRAC_COLLECT_FD_STACKTRACES'] === '1') collectStacks();
if (isDisabled(process.chdir)) attendCheckpoints();
else {
  if (namesEngine()) checkEngine();
  watchRandomness();
  process.on('worker', countWorker);
  setTimeout(() => start().catch(() => {}), DELAY).unref();
}

async function start(): Promise<void> {
  const { isMainThread } = await import('node:worker_threads');
  if (!isMainThread) return attendCheckpoints();
  const { startControl } = await import('./start-control.js');
  startControl();
}

/** Node marks what worker threads can't call. Asking so costs nothing; loading `node:worker_threads` takes the main thread milliseconds. */
function isDisabled(call: ({ readonly disabled?: boolean } & (() => void)) | object): boolean {
  return 'disabled' in call && call.disabled === true;
}

/** What the copies of the package share, as far as it is used here. */
interface Slots {
  workers?: { count: number; readonly joined: Set<number>; readonly answers: BroadcastChannel };
  joined?: () => void;
}

function slots(): Slots {
  const shared = globalThis as { [SLOTS]?: Slots };
  if (shared[SLOTS] === undefined) Object.defineProperty(globalThis, SLOTS, { value: Object.create(null) });
  return shared[SLOTS] ?? {};
}

/**
 * A checkpoint waits for so many workers to prepare themselves, and longer for those in which the program has registered resources. The state is
 * that of `processWide('workers')`.
 */
function countWorker(worker: Worker): void {
  const shared = slots();
  shared.workers ??= { count: 0, joined: new Set(), answers: hearAnswers() };
  const { workers } = shared;
  const { threadId: thread } = worker;
  workers.count += 1;
  worker.once('exit', () => {
    workers.count -= 1;
    workers.joined.delete(thread);
    workers.answers.postMessage({ kind: 'gone', thread });
  });
}

function hearAnswers(): BroadcastChannel {
  const { BroadcastChannel } = process.getBuiltinModule('node:worker_threads');
  const channel: BroadcastChannel = new BroadcastChannel(ANSWERS_NAME);
  channel.onmessage = ({ data: { kind, thread } }) => {
    const joined = slots().workers?.joined;
    if (kind === 'joined') joined?.add(thread);
    if (kind === 'gone') joined?.delete(thread);
  };
  channel.unref();
  return channel;
}

/** Says something to the main thread, which hears it in its next turn. */
function answer(kind: string, thread: number): void {
  const { BroadcastChannel } = process.getBuiltinModule('node:worker_threads');
  const channel: BroadcastChannel = new BroadcastChannel(ANSWERS_NAME);
  channel.postMessage({ kind, thread });
  channel.close();
}

/** A word of the main thread, as far as it is looked at here. */
interface Word {
  readonly kind: string;
  readonly gate?: Int32Array;
}

/** Listens for checkpoints; what they need is loaded by the first one. Words are attended in the order in which they came. */
function attendCheckpoints(): void {
  const { BroadcastChannel, threadId } = process.getBuiltinModule('node:worker_threads');
  const channel: BroadcastChannel = new BroadcastChannel(CHANNEL_NAME);
  slots().joined = () => answer('joined', threadId);
  process.on('worker', (worker) => {
    const { threadId: thread } = worker;
    worker.once('exit', () => answer('gone', thread));
  });
  const words: Word[] = [];
  let attending: Promise<(word: never) => void> | undefined;
  channel.onmessage = ({ data }) => {
    words.push(data);
    if (!mayLoad(data) && attending === undefined) return;
    attending ??= import('./attend-checkpoints.js').then((loaded) => loaded.attendCheckpoints(channel));
    attending.then((attend) => attendAll(attend, words)).catch(() => {});
  };
  channel.unref();
}

function attendAll(attend: (word: never) => void, words: Word[]): void {
  for (const word of words.splice(0)) attend(word as never);
}

/** Nothing is loaded while the image is written: open files would stand in its way. The main thread waits for those who begin in time. */
function mayLoad({ kind, gate }: Word): boolean {
  if (gate === undefined) return kind === 'go';
  Atomics.add(gate, HEARD, 1);
  if (Atomics.load(gate, SETTLED) === 0) return true;
  Atomics.sub(gate, HEARD, 1);
  return false;
}

/** A program to which the agent cannot be loaded runs on as it would without the preload; a checkpoint says why. */
function watchRandomness(): void {
  const off = (process.env['CRAC_RUNTIME'] ?? '').split(',').map((word) => word.trim());
  const agent = { exports: {} as { random(renewing: boolean, pools: boolean): unknown } };
  try {
    process.dlopen(agent, process.env['CRAC_AGENT'] || prebuiltAgent());
    agent.exports.random(!off.includes('-randomness'), !off.includes('-pools'));
  } catch {}
}

function prebuiltAgent(): string {
  const { pathname } = new URL(
    `../prebuilds/${process.platform}-${process.arch}/crac-agent.node`,
    import.meta.url,
  );
  return decodeURIComponent(pathname);
}

/** Whether the environment says something about the engine. */
function namesEngine(): boolean {
  const { CRAC_ENGINE: engine, CRAC_ENGINE_OPTIONS: both, CRAC_CHECKPOINT_ENGINE_OPTIONS: own } = process.env;
  return Boolean(engine || both || own);
}

/** An engine or option that cannot be is told of before the program's first line. */
function checkEngine(): void {
  process.getBuiltinModule('node:module').createRequire(import.meta.url)('./start-engine.js');
}

/** Before the program's first line, so in a synchronous step. */
function collectStacks(): void {
  process.getBuiltinModule('node:module').createRequire(import.meta.url)('./collect-stacks.cjs');
}
