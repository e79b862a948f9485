/**
 * Workers of several kinds say who they are after the restore, as JSON.
 *
 * - `steady` compares its `process.pid` with the kernel's number in each turn of its event loop and counts where they differ;
 * - `own` was started with an environment of its own, `shared` with that of the main thread, `nested` by another worker;
 * - `busy` does not return to its event loop before the restore;
 * - `fresh` is started after the restore.
 */
import { once } from 'node:events';
import { readlinkSync } from 'node:fs';
import {
  isMainThread,
  parentPort,
  SHARE_ENV,
  Worker,
  type WorkerOptions,
  workerData,
} from 'node:worker_threads';
import { checkpoint } from '../../support/program.js';

interface Plan {
  readonly kind: string;
  readonly free: Int32Array;
}

if (isMainThread) await main();
else await work(workerData as Plan);

async function main(): Promise<void> {
  process.env['SET_BY_PROGRAM'] = 'own';
  const free = new Int32Array(new SharedArrayBuffer(4));
  const begin = async (kind: string, options: WorkerOptions = {}): Promise<Worker> => {
    const worker = new Worker(new URL(import.meta.url), { workerData: { kind, free }, ...options });
    await once(worker, 'message');
    return worker;
  };
  const workers = {
    steady: await begin('steady'),
    own: await begin('own', { env: { COLOUR: 'own', ONLY_BEFORE: 'yes' } }),
    shared: await begin('shared', { env: SHARE_ENV }),
    nested: await begin('parent'),
    busy: await begin('busy'),
  };
  await checkpoint();
  const said: Record<string, unknown> = { main: describe() };
  Atomics.store(free, 0, 1);
  Atomics.notify(free, 0);
  for (const [kind, worker] of Object.entries({ ...workers, fresh: await begin('fresh') })) {
    worker.postMessage('who');
    [said[kind]] = await once(worker, 'message');
  }
  process.stdout.write(`${JSON.stringify(said)}\n`, () => process.exit());
}

async function work({ kind, free }: Plan): Promise<void> {
  const port = parentPort;
  if (port === null) return;
  let mistakes = 0;
  describe();
  const nested =
    kind === 'parent'
      ? new Worker(new URL(import.meta.url), { workerData: { kind: 'nested', free } })
      : undefined;
  if (nested !== undefined) await once(nested, 'message');
  port.on('message', async () => {
    nested?.postMessage('who');
    port.postMessage(nested === undefined ? { ...describe(), mistakes } : (await once(nested, 'message'))[0]);
  });
  if (kind === 'steady') {
    setInterval(() => {
      if (readlinkSync('/proc/self') !== String(process.pid)) mistakes += 1;
    }, 1);
  }
  port.postMessage('ready');
  if (kind === 'busy') setImmediate(() => Atomics.wait(free, 0, 0));
}

function describe(): object {
  const { pid, env } = process;
  return {
    pid,
    hours: new Date(0).getHours(),
    locale: Intl.DateTimeFormat().resolvedOptions().locale,
    env: [env['COLOUR'], env['ONLY_BEFORE'], env['TZ'], env['SET_BY_PROGRAM']],
  };
}
