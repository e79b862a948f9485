/** A run of a tool that must not end its process. */
import { lendArguments } from './argument-readers.js';
import { watchTimers } from './left-timers.js';
import type { Tool } from './tool.js';

/** Thrown in place of the end of the process; passes through the tool and is ignored at the top. */
class WouldExit extends Error {}

const EVENTS = [
  'exit',
  'beforeExit',
  'uncaughtException',
  'unhandledRejection',
  'warning',
  'SIGINT',
  'SIGTERM',
  'SIGHUP',
];

type Listener = (...args: unknown[]) => void;

/** Of any run: what the tool has loaded may keep the functions of the first one. */
let rehearsing = false;

/**
 * Runs the tool until nothing is left to do. Its calls of `process.exit()` end only what calls it, its `exit` listeners are called, and what
 * it did to the process is undone: listeners, exit code, arguments, environment, working directory, timers.
 */
export async function rehearseTool(tool: Tool, args: readonly string[]): Promise<void> {
  const { exit, emit } = process;
  const cwd = process.cwd();
  const env = { ...process.env };
  const listeners = EVENTS.map((event) => ({ event, before: process.rawListeners(event) as Listener[] }));
  const takeBack = lendArguments([...process.argv.slice(0, 2), ...args], (file) => tool.keepsArguments(file));
  const endTimers = watchTimers();
  rehearsing = true;
  process.exit = (code) => {
    if (rehearsing) throw new WouldExit();
    return exit.call(process, code);
  };
  const emitOthers = (...event: unknown[]): boolean =>
    (rehearsing && isExit(event)) || (Reflect.apply(emit, process, event) as boolean);
  process.emit = emitOthers as typeof emit;
  process.on('uncaughtException', throwAgain);
  try {
    await untilNothingIsLeft(tool);
    callExitListeners(listeners);
  } finally {
    rehearsing = false;
    endTimers();
    takeBack();
    Object.assign(process, { exit, emit, exitCode: undefined });
    process.chdir(cwd);
    resetEnvironment(env);
    for (const { event, before } of listeners) {
      for (const listener of added(event, before)) process.removeListener(event, listener);
    }
  }
}

function resetEnvironment(env: Readonly<NodeJS.ProcessEnv>): void {
  for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name];
  Object.assign(process.env, env);
}

/** The event comes when the event loop has nothing to do any more: once again, if it had something to do since the last time. */
function untilNothingIsLeft(tool: Tool): Promise<void> {
  return new Promise((resolve, reject) => {
    setImmediate(() => {});
    process.once('beforeExit', () => resolve());
    tool.run().catch((error: unknown) => {
      if (!(error instanceof WouldExit)) reject(error);
    });
  });
}

/** An exception of nobody's that only ends the run: listeners of the tool would take it for an error and end the process again. */
function isExit([event, error]: readonly unknown[]): boolean {
  return (event === 'uncaughtException' || event === 'unhandledRejection') && error instanceof WouldExit;
}

/** Without a listener a library that prints exceptions (source-map-support) would end the process at any of them, also at that of an exit. */
function throwAgain(error: unknown): void {
  throw error;
}

function added(event: string, before: readonly Listener[]): readonly Listener[] {
  return (process.rawListeners(event) as Listener[]).filter((listener) => !before.includes(listener));
}

function callExitListeners(listeners: readonly { event: string; before: readonly Listener[] }[]): void {
  for (const { event, before } of listeners) {
    if (event !== 'exit') continue;
    for (const listener of added(event, before)) listener.call(process, process.exitCode ?? 0);
  }
}
