import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { compiled, crac } from '../support/paths.js';
import { scratch } from '../support/scratch.js';
import { type Ended, type Running, runToEnd, start } from '../support/start.js';

/** A private place in which processes and commands find each other. */
export interface Place {
  readonly folder: string;
  readonly image: string;
  readonly sockets: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Makes a place whose processes run on the Node of the test and have the stand-in agent. */
export function makePlace(t: TestContext): Place {
  const folder = scratch(t);
  const sockets = join(folder, 'sockets');
  const agent = join(folder, 'agent.cjs');
  writeFileSync(agent, 'module.exports = globalThis.standIn;');
  const env = {
    PATH: `${dirname(process.execPath)}${delimiter}${process.env['PATH']}`,
    CRAC_RUNTIME_DIR: sockets,
    CRAC_AGENT: agent,
  };
  return { folder, image: join(folder, 'image'), sockets, env };
}

/** Starts the waiting program through `crac run` and waits until it can be reached. */
export async function startAttached(
  t: TestContext,
  place: Place,
  env: Readonly<Record<string, string>> = {},
  options: readonly string[] = ['--checkpoint-to', place.image],
): Promise<Running> {
  const program = `${compiled}cli/programs/attached.js`;
  const running = start(t, [crac, 'run', ...options, program], { env: { ...place.env, ...env } });
  await running.waitFor(/ready/);
  await appears(join(place.sockets, `${running.pid}.sock`));
  return running;
}

/** Waits for a file; the socket of a program is there shortly after its event loop has turned for the first time. */
export async function appears(path: string): Promise<void> {
  for (const end = Date.now() + 10_000; !existsSync(path); await sleep(5)) {
    if (Date.now() > end) throw new Error(`${path} does not appear`);
  }
}

/** Calls the command. */
export function call(t: TestContext, place: Place, ...args: readonly string[]): Promise<Ended> {
  return runToEnd(t, [crac, ...args], { env: place.env, cwd: place.folder });
}

/** Writes a small program and returns its path. */
export function writeProgram(place: Place, name: string, text: string): string {
  const path = join(place.folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}
