import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
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
 * Installs the Debian packages of commands or files that are missing (`{ command: package }`), when this is root on a Debian system.
 * Never fails: tests that need a missing command are skipped by name.
 */
export function installDebian(packages) {
  const missing = Object.keys(packages).filter(
    (command) => !(command.includes('/') ? existsSync(command) : has(command)),
  );
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

/**
 * Installs CRIU into `build/criu`, when this is root on a Debian system. Never fails: tests that need it are skipped by name, with the reason
 * that stands in `build/criu.reason`.
 */
export function installCriu() {
  const reason = join(root, 'build/criu.reason');
  mkdirSync(join(root, 'build'), { recursive: true });
  if (process.getuid() !== 0) return writeFileSync(reason, 'needs root');
  const prefix = join(root, 'build/criu');
  if (!existsSync(join(prefix, 'bin/criu'))) process.stderr.write('Installing CRIU for the tests ...\n');
  const { status, stderr } = spawnSync('sh', [join(root, 'tools/install-criu.sh'), prefix], {
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: 300_000,
  });
  if (status === 0) return rmSync(reason, { force: true });
  const sentence = stderr.trim().split('\n').at(-1) || 'the installation took too long';
  process.stderr.write(`${sentence}. The tests that need CRIU will be skipped.\n`);
  writeFileSync(reason, `needs CRIU: ${sentence}`);
}

/**
 * Unpacks folders of a Debian source package into `target`, when this is root on a Debian system that has this version.
 * Never fails: who needs it is skipped by name.
 */
export function installDebianSource({ name, version, folders, target }) {
  if (existsSync(join(root, target)) || process.getuid() !== 0 || !has('apt-get') || !has('tar')) return;
  process.stderr.write(`Fetching the Debian source package ${name} for the tests ...\n`);
  const work = mkdtempSync(join(tmpdir(), 'node-crac-source-'));
  try {
    const apt = prepareApt(work, { type: 'deb-src' });
    must('apt-get', [...apt, 'update']);
    must('apt-get', [...apt, 'source', '--download-only', `${name}=${version}`], { cwd: work });
    const archive = readdirSync(work).find((file) => /\.orig\.tar\.[a-z0-9]+$/.test(file));
    const parts = folders.map((folder) => `*/${folder}`);
    must('tar', ['-xf', archive, '--strip-components=1', '--wildcards', ...parts], { cwd: work });
    mkdirSync(join(root, target), { recursive: true });
    for (const folder of folders) cpSync(join(work, folder), join(root, target, folder), { recursive: true });
  } catch (error) {
    process.stderr.write(`${error.message} The tests that need the source of ${name} will be skipped.\n`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/**
 * Unpacks the kernel of a Debian suite as `target`, when this is root on a Debian system; nothing is installed. `name` is the package that depends
 * on the newest one. Never fails: who needs it is skipped by name.
 */
export function unpackDebianKernel({ suite, name, target }) {
  if (existsSync(join(root, target)) || process.getuid() !== 0 || !has('apt-get') || !has('dpkg-deb')) return;
  process.stderr.write(`Fetching ${name} of Debian ${suite} for the tests ...\n`);
  const work = mkdtempSync(join(tmpdir(), 'node-crac-kernel-'));
  try {
    const apt = prepareApt(work, { type: 'deb', suite });
    must('apt-get', [...apt, 'update']);
    const [, image] =
      /^ +Depends: (linux-image-\S+)$/m.exec(must('apt-cache', [...apt, 'depends', name])) ?? [];
    must('apt-get', [...apt, 'download', image ?? name], { cwd: work });
    const archive = readdirSync(work).find((file) => file.endsWith('.deb'));
    must('dpkg-deb', ['-x', archive, 'unpacked'], { cwd: work });
    const boot = join(work, 'unpacked/boot');
    const kernel = readdirSync(boot).find((file) => file.startsWith('vmlinuz-'));
    mkdirSync(dirname(join(root, target)), { recursive: true });
    cpSync(join(boot, kernel), join(root, `${target}.part`));
    renameSync(join(root, `${target}.part`), join(root, target));
  } catch (error) {
    process.stderr.write(
      `${error.message} The tests that need the kernel of Debian ${suite} will be skipped.\n`,
    );
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Lets files of an installed package appear in another folder. */
export function linkPackage(from, to, names) {
  if (!existsSync(join(root, to))) return;
  for (const name of names) {
    const link = join(root, to, name);
    if (!existsSync(link)) symlinkSync(join(relative(join(root, to), join(root, from)), name), link);
  }
}

/** Options of apt with lists of its own in `work`: nothing of the machine's is changed. */
function prepareApt(work, { type, suite }) {
  for (const folder of ['lists/partial', 'archives/partial', 'sources'])
    mkdirSync(join(work, folder), { recursive: true });
  writeSources(join(work, 'sources'), { type, suite });
  return ['-qq', ...aptOptions(work)];
}

/** The machine's own Debian archives, asked for sources or programs, and for its own release unless another suite is named. */
function writeSources(target, { type, suite }) {
  const [, release] = /^VERSION_CODENAME=(.*)$/m.exec(readFileSync('/etc/os-release', 'utf8')) ?? [];
  const isDebian = (text) =>
    new RegExp(`^Suites:.*\\b${release}\\b(?!-)`, 'm').test(text) ||
    new RegExp(`^deb .*\\s${release}\\s`).test(text);
  const folder = '/etc/apt/sources.list.d';
  const files = [
    ...(existsSync(folder) ? readdirSync(folder).map((file) => join(folder, file)) : []),
    '/etc/apt/sources.list',
  ];
  for (const file of files.filter(existsSync)) {
    const separator = file.endsWith('.sources') ? '\n\n' : '\n';
    const own = readFileSync(file, 'utf8').split(separator).filter(isDebian);
    const asked = own.map((text) =>
      text
        .replace(/^Types:.*$/m, `Types: ${type}`)
        .replace(/^deb /, `${type} `)
        .replace(/^Suites:.*$/m, (line) => (suite === undefined ? line : `Suites: ${suite}`))
        .replace(new RegExp(`^(deb .*\\s)${release}(?=\\s)`), (line, start) =>
          suite === undefined ? line : start + suite,
        ),
    );
    if (asked.length > 0) writeFileSync(join(target, basename(file)), `${asked.join(separator)}\n`);
  }
}

function aptOptions(work) {
  const options = {
    'Dir::Etc::sourcelist': '-',
    'Dir::Etc::sourceparts': join(work, 'sources'),
    'Dir::State::lists': join(work, 'lists'),
    'Dir::Cache': work,
    'APT::Sandbox::User': 'root',
  };
  return Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
}
