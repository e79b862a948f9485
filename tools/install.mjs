import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { has, must, root } from './run.mjs';

/**
 * Installs a folder's npm packages, in the versions of its lock file, when they are missing or older than that.
 * `npm ci` would refuse a lock file from a registry that lacks the packages of other platforms.
 */
export function installFolder(folder) {
  const lock = join(root, folder, 'package-lock.json');
  const marker = join(root, folder, 'node_modules/.package-lock.json');
  if (existsSync(marker) && statSync(marker).mtimeMs >= statSync(lock).mtimeMs) return;
  const where = folder === '.' ? 'the project' : folder;
  process.stderr.write(`Installing the packages of ${where} ...\n`);
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
  must('npm', ['install', '--no-save', '--prefix', join(root, folder), ...quiet], {
    sentence: `Cannot install the packages of ${where}: npm failed with the messages above; check that its registry can be reached.`,
  });
}

/**
 * Installs the Debian packages of commands that are missing (`{ command: package }`), when this is root on a Debian system.
 * Never fails: tests that need a missing command are skipped by name.
 */
export function installDebian(packages) {
  const missing = Object.keys(packages).filter((command) => !has(command));
  if (missing.length === 0 || process.getuid() !== 0 || !has('apt-get')) return;
  const names = missing.map((command) => packages[command]);
  process.stderr.write(`Installing ${names.join(', ')} for the tests ...\n`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  try {
    must('apt-get', ['update', '-qq'], { env });
    must('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...names], { env });
  } catch (error) {
    process.stderr.write(`${error.message} The tests that need ${names.join(', ')} will be skipped.\n`);
  }
}
