import { closeSync } from 'node:fs';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { canMakeNone, type MadeStreams, type StandardStream } from './made-streams.js';
import type { Repair } from './repair.js';
import type { RuntimeServices } from './runtime.js';
import { attachInput, type DetachedInput, detachInput, isOver, leaveEnded } from './standard-input.js';
import { adjustOutput, noteTerminal } from './standard-output.js';
import { kindOf } from './stream-kind.js';
import { ownerSymbol } from './transplant.js';

/** What the repair of the standard streams needs. */
export interface StdioServices {
  /** The streams that exist. */
  made(): MadeStreams;
  /** Has V8 compile what makes a stream over a file one over a pipe, which it would else do in each restored process. */
  rehearse(): void;
  /** Has what was still to be written go to a file; a number to close afterwards, or -1. */
  wakeOutput(fd: number): number;
  /** Finds the notes of what the terminal gets back at the end of the process. */
  rememberTerminal(): void;
  /** Makes them those of another terminal; `fd` is the number under which the old one was open. */
  adoptTerminal(fd: number): void;
  /** Tells those who draw on a terminal that it is another one. */
  announce(stream: StandardStream): void;
}

/**
 * The same services for a rehearsal. It goes the way of the outputs, which stay what they are; one with something to write would be waited
 * for. Standard input rehearses itself.
 */
export function rehearsedStdio({ made }: Pick<StdioServices, 'made'>): StdioServices {
  const idle = (stream: StandardStream | undefined): StandardStream | undefined =>
    stream && isPending(stream) ? undefined : stream;
  const outputs = (): MadeStreams => {
    const { stdout, stderr } = made();
    return { stdin: undefined, stdout: idle(stdout), stderr: idle(stderr) };
  };
  return {
    made: outputs,
    rehearse() {},
    wakeOutput: () => -1,
    rememberTerminal() {},
    adoptTerminal() {},
    announce() {},
  };
}

/** Milliseconds that a reader of standard output or error has for what is still to be written; the rest travels in the image. */
const FLUSH_TIME = 5000;

/** So often the attaching of standard input is rehearsed. */
const ROUNDS = 2;

/**
 * `process.stdin`, `stdout` and `stderr`: the descriptors are the restorer's, and the objects that the program holds become what Node
 * would make of these. Streams that were never asked for need nothing.
 */
export function createStdio({ stdio }: Pick<RuntimeServices, 'stdio'>): Repair {
  const { made } = stdio;
  let streams: Partial<MadeStreams> = {};
  let input: DetachedInput | undefined;
  return {
    problem: () => problemOf(made()),
    async beforeCheckpoint(_context, { signal }) {
      const found = made();
      if (problemOf(found) !== undefined) return;
      streams = found;
      for (const stream of allOf(found)) forgetAddresses(stream);
      for (const stream of outputsOf(found)) noteTerminal(stream);
      await flush(outputsOf(found), signal);
      if (outputsOf(found).length > 0) stdio.rehearse();
      input = found.stdin && detachRehearsed(found.stdin);
      if (input && input.terminal >= 0) stdio.rememberTerminal();
    },
    afterRestore(_context, { restored }) {
      const { stdout, stderr } = streams;
      if (restored && stdout) adjust(stdout, 1, stdio);
      if (restored && stderr) adjust(stderr, 2, stdio);
      if (input) attach(input, restored, stdio);
      streams = {};
      input = undefined;
    },
  };
}

function attach(input: DetachedInput, restored: boolean, { adoptTerminal }: StdioServices): void {
  const { terminal } = input;
  const adopt = (): void => {
    if (restored && terminal >= 0) adoptTerminal(terminal);
  };
  if (!restored && isOver(input.stream)) leaveEnded(input);
  else attachInput(input, kindOf(0), adopt);
}

function adjust(stream: StandardStream, fd: 1 | 2, stdio: StdioServices): void {
  if (isPending(stream)) {
    adjustLater(stream, fd, stdio);
    return;
  }
  const kind = kindOf(fd);
  adjustOutput(stream, fd, kind);
  if (kind === 'terminal') stdio.announce(stream);
}

/** What travelled in the image is written first. */
function adjustLater(stream: StandardStream, fd: 1 | 2, stdio: StdioServices): void {
  const lent = kindOf(fd) === 'file' ? stdio.wakeOutput(fd) : -1;
  const look = setInterval(() => {
    if (isPending(stream)) return;
    clearInterval(look);
    if (lent >= 0) closeSync(lent);
    adjust(stream, fd, stdio);
  }, 1);
}

function isPending({ _handle: handle }: StandardStream): boolean {
  return (handle?.writeQueueSize ?? 0) > 0;
}

/** The addresses of a TCP connection that Node has noted; it asks for them again. */
function forgetAddresses(stream: StandardStream): void {
  if (stream._peername) stream._peername = null;
  if (stream._sockname) stream._sockname = null;
}

function allOf(streams: MadeStreams): StandardStream[] {
  return [...(streams.stdin ? [streams.stdin] : []), ...outputsOf(streams)];
}

function outputsOf({ stdout, stderr }: MadeStreams): StandardStream[] {
  return [stdout, stderr].filter((stream) => stream !== undefined);
}

/** What this works with is none of Node's promises. */
function problemOf({ stdin, ...outputs }: MadeStreams): string | undefined {
  const consequence = 'The standard streams of a restored process keep the nature that they had.';
  if (!canMakeNone()) return `Node makes its standard streams in an unknown way. ${consequence}`;
  const prototype = net.Socket.prototype as unknown as Partial<StandardStream>;
  const isKnown =
    typeof prototype._undestroy === 'function' && [stdin, ...Object.values(outputs)].every(isWhole);
  return isKnown ? undefined : `Node's standard streams look unknown inside. ${consequence}`;
}

function isWhole(stream: StandardStream | undefined): boolean {
  return !stream?._handle || ownerSymbol(stream._handle, stream) !== undefined;
}

/** Waits until everything is written, or for as long as it may take. */
async function flush(outputs: readonly StandardStream[], signal: AbortSignal): Promise<void> {
  const end = performance.now() + FLUSH_TIME;
  while (outputs.some(isPending) && !signal.aborted && performance.now() < end) await sleep(1);
}

/** Detaches it after some attaching: V8 would else compile that in each restored process. */
function detachRehearsed(stream: StandardStream): DetachedInput | undefined {
  const detached = detachInput(stream);
  if (detached === undefined || isOver(stream)) return detached;
  for (let round = 0; round < ROUNDS; round += 1) {
    attachInput({ ...detached, isReading: false, rawMode: false }, kindOf(0), () => {});
    detachInput(stream);
  }
  return detached;
}
