import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cracError } from '../errors.js';
import { launcherPath } from './installation.js';

/** Whether every segment of an image is as it was written. */
export type ChecksumResult = { readonly ok: true } | { readonly ok: false; readonly problem: string };

/** Lets the launcher read the whole image in `directory` and check all its checksums. */
export function verifyChecksums(directory: string): Promise<ChecksumResult> {
  const launcher = launcherPath();
  if (!existsSync(launcher)) throw cracError('ERR_CRAC_LAUNCHER_MISSING', { path: launcher });
  return new Promise((resolve) => {
    execFile(launcher, ['--trust-owner', '--verify', directory], (error, _, stderr) => {
      if (error === null) resolve({ ok: true });
      else resolve({ ok: false, problem: stderr.trim().replace(/^crac[\w-]*: /, '') || error.message });
    });
  });
}
