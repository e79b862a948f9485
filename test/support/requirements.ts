import { spawnSync } from 'node:child_process';
import { release } from 'node:os';

/** The reason to skip a test that needs a command, or false when the command is there. */
export function needsCommand(command: string): string | false {
  const { status } = spawnSync('sh', ['-c', 'command -v "$1"', 'sh', command], { stdio: 'ignore' });
  return status === 0 ? false : `needs the command ${command}`;
}

/** The reason to skip a test that needs root, or false when this is root. */
export function needsRoot(): string | false {
  return process.getuid?.() === 0 ? false : 'needs root';
}

/** The reason to skip a test that needs a newer Node, or false when this one is new enough. */
export function needsNode(major: number): string | false {
  return Number.parseInt(process.versions.node, 10) >= major ? false : `needs Node ${major}`;
}

/** The reason to skip a test that needs a newer kernel, or false when this one is new enough. */
export function needsKernel(major: number, minor: number): string | false {
  const [ofHost = 0, minorOfHost = 0] = release()
    .split('.')
    .map((part) => Number.parseInt(part, 10));
  const isEnough = ofHost > major || (ofHost === major && minorOfHost >= minor);
  return isEnough ? false : `needs Linux ${major}.${minor}`;
}

/** The reason to skip a test for which a trial run of a command fails, or false when it works. */
export function needsWorking(command: readonly string[], what: string): string | false {
  const [program = '', ...args] = command;
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0 ? false : `needs ${what}`;
}

/** The first reason among several. */
export function firstOf(...reasons: readonly (string | false)[]): string | false {
  return reasons.find((reason) => reason !== false) ?? false;
}
