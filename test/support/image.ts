import assert from 'node:assert/strict';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { compiled, launcher } from './paths.js';
import { scratch } from './scratch.js';
import { type Ended, type Running, type StartOptions, start } from './start.js';

type Context = Pick<TestContext, 'after'>;

/** How a program is started and checkpointed. */
export interface CheckpointOptions extends StartOptions {
  /** Image directory. @default a fresh folder that is deleted when the test ends */
  readonly directory?: string;
  /** Arguments of Node, before the program's file. */
  readonly nodeArgs?: readonly string[];
  readonly args?: readonly string[];
  /** Executable of Node. @default the one that runs the tests */
  readonly node?: string;
  /** Words before Node: a program that changes something and then becomes Node. */
  readonly wrapper?: readonly string[];
}

/** How an image is restored. */
export interface RestoreOptions extends StartOptions {
  /** Options of the launcher. */
  readonly options?: readonly string[];
  /** Arguments of the restored program; `--` is only given when they are present. */
  readonly args?: readonly string[];
  /** Words before the launcher. */
  readonly wrapper?: readonly string[];
  /** @default the launcher itself */
  readonly command?: readonly string[];
}

/** The file of a compiled program, for example `survives/programs/timers`. */
export function programFile(name: string): string {
  return `${compiled}${name}.js`;
}

/** Starts a program that asks for a checkpoint into the given directory by itself. */
export function startProgram(
  t: Context,
  name: string,
  options: CheckpointOptions & { directory: string },
): Running {
  const {
    directory,
    node = process.execPath,
    nodeArgs = [],
    args = [],
    wrapper = [],
    env,
    ...rest
  } = options;
  const command = [...wrapper, node, ...nodeArgs, programFile(name), ...args];
  return start(t, command, {
    ...rest,
    env: { CRAC_CHECKPOINT_TO: directory, CRAC_RUNTIME_DIR: `${directory}.control`, ...env },
  });
}

/** Runs a program up to its checkpoint and gives the directory of its image. */
export async function checkpoint(t: Context, name: string, options: CheckpointOptions = {}): Promise<string> {
  const directory = options.directory ?? join(scratch(t), 'image');
  const ended = await startProgram(t, name, { ...options, directory }).ended;
  assertCheckpointed(ended, directory);
  return directory;
}

/** Asserts that a process ended as one does whose image is on disk. */
export function assertCheckpointed({ code, signal, stderr, stdout }: Ended, directory: string): void {
  const output = `\nstdout: ${stdout}\nstderr: ${stderr}`;
  assert.equal(signal, null, `The checkpoint was ended by ${signal}.${output}`);
  assert.equal(code, 0, `The checkpoint failed with status ${code}.${output}`);
  assert.equal(stderr, '', `The checkpoint complained.${output}`);
  assert.ok(existsSync(join(directory, 'process.core')), `There is no image after the checkpoint.${output}`);
  assert.equal(statSync(directory).mode & 0o777, 0o700);
  assert.equal(statSync(join(directory, 'process.core')).mode & 0o777, 0o600);
  assert.equal(statSync(join(directory, 'manifest.json')).mode & 0o777, 0o600);
}

/** Starts a restored process. */
export function startRestored(t: Context, directory: string, options: RestoreOptions = {}): Running {
  const { options: flags = [], args, wrapper = [], command = [launcher], ...rest } = options;
  const tail = args === undefined ? [] : ['--', ...args];
  return start(t, [...wrapper, ...command, ...flags, directory, ...tail], rest);
}

/** Restores an image and waits for the end of the process. */
export function restore(t: Context, directory: string, options: RestoreOptions = {}): Promise<Ended> {
  return startRestored(t, directory, options).ended;
}

/** Restores an image whose program says `pass` and nothing else. */
export async function assertPasses(
  t: Context,
  directory: string,
  options: RestoreOptions = {},
): Promise<void> {
  assertPassed(await restore(t, directory, options));
}

/** Asserts that a restored program found everything as it should be. */
export function assertPassed({ code, signal, stdout, stderr }: Ended): void {
  const output = `\nstdout: ${stdout}\nstderr: ${stderr}`;
  assert.equal(signal, null, `The restored process was ended by ${signal}.${output}`);
  assert.equal(code, 0, `The restored process failed with status ${code}.${output}`);
  assert.equal(stderr, '', `The restored process complained.${output}`);
  assert.equal(stdout, 'pass\n');
}

/** Runs a program to its checkpoint, restores it once and asserts that it passes. */
export async function assertSurvives(
  t: Context,
  name: string,
  options: CheckpointOptions = {},
): Promise<void> {
  const { timeout } = options;
  await assertPasses(t, await checkpoint(t, name, options), { timeout });
}
