import type { SpawnSyncReturns } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { literalPath } from '../image/placeholders.js';
import type { Finding } from './examine-host.js';
import { launcherPath, packageFile } from './installation.js';
import { startClean } from './start-clean.js';

const NAME = 'trial';

/** Checkpoints and restores a small program in a temporary directory. */
export function runTrial(): Finding {
  const directory = mkdtempSync(join(tmpdir(), 'crac-check-'));
  try {
    return tryBoth(join(directory, 'image'));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function tryBoth(image: string): Finding {
  const checkpoint = startClean(process.execPath, [
    packageFile('dist/cli/trial-program.js'),
    literalPath(image),
  ]);
  if (checkpoint.status !== 0) return failed('checkpoint', checkpoint);
  const before = process.hrtime.bigint();
  const restore = startClean(launcherPath(), [image]);
  if (restore.status !== 0 || restore.stdout !== 'restored\n') return failed('restore', restore);
  const milliseconds = Number(process.hrtime.bigint() - before) / 1e6;
  return {
    name: NAME,
    ok: true,
    detail: `a small program was checkpointed and restored, the restored run took ${milliseconds.toFixed(0)} ms`,
  };
}

function failed(step: string, { status, signal, stderr }: SpawnSyncReturns<string>): Finding {
  const end = signal === null ? `status ${status}` : `signal ${signal}`;
  return {
    name: NAME,
    ok: false,
    detail: `the ${step} of a small program ended with ${end}`,
    advice: stderr.trim(),
  };
}
