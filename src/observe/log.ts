import { writeSync } from 'node:fs';

/** Values of `CRAC_LOG` at which checkpoints are told of on standard error, from the tersest on. */
export const LOG_LEVELS = ['info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Reads `CRAC_LOG`; `undefined` when less is wanted. */
export function readLogLevel(text: string | undefined): LogLevel | undefined {
  return LOG_LEVELS.find((level) => level === text);
}

/** Writes one line to standard error, without a stream: that may be closed for the checkpoint, or not be made yet. A line that finds no room is lost. */
export function log(line: string): void {
  try {
    writeSync(2, `crac: ${line}\n`);
  } catch {
    return;
  }
}

/** A step with its duration, and its failure in one line. */
export function describeStep(step: string, { duration = 0, error }: Step): string {
  const time = `${duration.toFixed(1)} ms`;
  return error === undefined ? `${step} ${time}` : `${step} failed after ${time}: ${firstLine(error)}`;
}

interface Step {
  readonly duration?: number;
  readonly error?: unknown;
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n', 1)[0] ?? '';
}
