import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findNode } from '../runner/nodes.js';
import { compiled, repository } from '../support/paths.js';
import { type Entry, writeArchive } from './cpio.js';

const DIRECTORY = 0o040755;
const FILE = 0o100644;
const EXECUTABLE = 0o100755;

/** The Node of the virtual machine, whichever one runs the tests. */
const GUEST_NODE = '24';

/** What the preload and the program load; the command's packages are left out. */
const PACKAGE = ['dist', 'prebuilds', 'package.json'];

/** Writes the file system of the virtual machine: a shell, a Node with its libraries, node-crac as it is installed, and the program. */
export function writeInitramfs(file: string): void {
  const node = findNode(GUEST_NODE);
  const busybox = commandFile('busybox');
  const libraries = new Set([node, busybox].flatMap(librariesOf));
  const installed = 'app/node_modules/node-crac';
  const files: Entry[] = [
    { path: 'init', mode: EXECUTABLE, content: readFileSync(join(repository, 'test/vm/init.sh')) },
    ...take('bin/busybox', busybox),
    ...take('bin/node', node),
    ...[...libraries].flatMap((library) => take(library.slice(1), library)),
    ...PACKAGE.flatMap((name) => take(join(installed, name), join(repository, name))),
    ...take('app/clone.js', join(compiled, 'vm/programs/clone.js')),
    textFile('app/package.json', '{"type":"module"}'),
    textFile('etc/passwd', 'root:x:0:0::/:/bin/sh\nguest:x:1000:1000::/tmp:/bin/sh\n'),
  ];
  const places = ['proc', 'sys', 'dev', 'tmp', 'bin'].map(directory);
  const parents = new Set(files.flatMap(({ path }) => foldersOf(path)));
  writeArchive(file, [...places, ...[...parents].sort().map(directory), ...files]);
}

/** A file, or all files of a folder. */
function take(path: string, from: string): Entry[] {
  const status = statSync(from);
  if (status.isDirectory())
    return readdirSync(from).flatMap((name) => take(join(path, name), join(from, name)));
  return [{ path, mode: status.mode, content: readFileSync(from) }];
}

function textFile(path: string, text: string): Entry {
  return { path, mode: FILE, content: Buffer.from(text) };
}

function directory(path: string): Entry {
  return { path, mode: DIRECTORY, content: new Uint8Array() };
}

function foldersOf(path: string): string[] {
  const parent = dirname(path);
  return parent === '.' ? [] : [...foldersOf(parent), parent];
}

/** Shared libraries and the loader, by their absolute paths; none for a static program. */
function librariesOf(program: string): string[] {
  const { stdout } = spawnSync('ldd', [program], { encoding: 'utf8' });
  return [...stdout.matchAll(/(\/\S+) \(0x/g)].map(([, path = '']) => path);
}

function commandFile(command: string): string {
  return execFileSync('sh', ['-c', 'command -v "$1"', 'sh', command], { encoding: 'utf8' }).trim();
}
