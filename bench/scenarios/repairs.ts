import { join } from 'node:path';
import { makeSelfImage, RESTORERS } from '../engines/native.js';
import type { Contestant } from '../measure/contestant.js';
import { bareEnvironment } from '../measure/environment.js';
import { inRepository } from '../measure/paths.js';
import { race, timed } from './contestants.js';
import type { Bench, Scenario } from './scenario.js';

/** Contestants by what is switched off. */
export const REPAIRS = { on: 'all resources of Node.js', off: 'none of them' } as const;

/** Without it the program's idle connections would make the checkpoint fail. */
const NEEDED = 'connections';

/** What it costs a restore that Node.js itself sets right what would be stale or repeated. */
export const repairs: Scenario = {
  name: 'repairs',
  measures:
    'A program that has used crypto, http, fetch, dns and tls, with all resources of Node.js and with all of them (but for the one that closes idle connections) switched off: spawn to the first byte that its JavaScript writes.',
  run: async (bench) =>
    race(bench, [await restored(bench, 'on', ''), await restored(bench, 'off', await allNames())]),
};

async function allNames(): Promise<string> {
  const { RUNTIME_RESOURCES } = (await import('#dist/runtime/runtime.js')) as {
    readonly RUNTIME_RESOURCES: readonly { readonly name: string }[];
  };
  const names = RUNTIME_RESOURCES.map(({ name }) => name).filter((name) => name !== NEEDED);
  return names.map((name) => `-${name}`).join(',');
}

async function restored(
  { node, scratch }: Bench,
  which: keyof typeof REPAIRS,
  off: string,
): Promise<Contestant> {
  const directory = join(scratch, which);
  await makeSelfImage({
    node,
    program: ['--import', inRepository('dist/register.js'), inRepository('bench/programs/typical.js')],
    env: { CRAC_RUNTIME: off, CRAC_RUNTIME_DIR: join(scratch, 'sockets') },
    directory,
  });
  const command = [...RESTORERS.launcher, directory];
  return timed(REPAIRS[which], command, { until: 'mark', env: bareEnvironment(node) }, ({ firstByte }) => ({
    'first JavaScript': firstByte,
  }));
}
