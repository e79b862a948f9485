import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { must, root } from './run.mjs';
import { compiler } from './toolchain.mjs';

/** Compiles what users get: `dist/` and the two native programs in `prebuilds/`. */
export function buildPackage() {
  compile('src', 'dist');
  must('make', ['-C', 'native', `CC=${compiler()}`], {
    sentence: 'Cannot build the native programs: `make -C native` failed with the messages above.',
  });
}

/** Compiles the tests and the small C programs that they start. */
export function buildTests() {
  compile('test', 'build/test');
  mkdirSync(join(root, 'build/test/support'), { recursive: true });
  for (const name of readdirSync(join(root, 'test/support')).filter((file) => file.endsWith('.c'))) {
    compileHelper(`test/support/${name}`, `build/test/support/${name.slice(0, -2)}`);
  }
}

/** Compiles the benchmarks. */
export function buildBench() {
  compile('bench', 'build/bench');
}

/** Runs the TypeScript compiler on one project; nothing stays in its output that has no source any more. */
function compile(project, output) {
  const sources = list(join(root, project)).filter((file) => isSource(project, file));
  const wanted = new Set(sources.map((file) => file.slice(0, -3)));
  const complete = prune(join(root, output), wanted);
  if (!complete) rmSync(join(root, `build/${project}.tsbuildinfo`), { force: true });
  must(process.execPath, ['node_modules/typescript/bin/tsc', '-b', project], {
    sentence: `Cannot build: the TypeScript compiler found the errors above in ${project}/.`,
  });
}

/** Declarations give no output, and a folder with a project file of its own is another project. */
function isSource(project, file) {
  const folder = dirname(file);
  const isForeign = folder !== '.' && existsSync(join(root, project, folder, 'tsconfig.json'));
  return file.endsWith('.ts') && !file.endsWith('.d.ts') && !isForeign;
}

/** Deletes outputs without a source; false when an output is missing, so that an incremental build would skip it. */
function prune(folder, wanted) {
  const present = new Set();
  for (const file of list(folder)) {
    const stem = file.match(/^(.*?)(\.js|\.d\.ts)(\.map)?$/)?.[1];
    if (stem === undefined) continue;
    if (wanted.has(stem)) present.add(stem);
    else rmSync(join(folder, file));
  }
  return present.size === wanted.size;
}

function compileHelper(source, target) {
  const isFresh =
    existsSync(join(root, target)) &&
    statSync(join(root, target)).mtimeMs >= statSync(join(root, source)).mtimeMs;
  if (!isFresh) must(compiler(), ['-O1', '-Wall', '-Wextra', '-Werror', '-o', target, source]);
}

function list(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true })
    .map(String)
    .filter((file) => !file.includes('node_modules') && statSync(join(folder, file)).isFile());
}
