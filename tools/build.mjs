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
  compileHelpers('test/support');
}

/** Compiles the benchmarks and the small C programs that they start. */
export function buildBench() {
  compile('bench', 'build/bench');
  compileHelpers('bench/native');
}

/** Makes the production build of the Next.js program, unless there is one of these sources and packages. */
export function buildNextProgram() {
  const folder = join(root, 'test/programs/servers/next');
  const made = join(folder, '.next/BUILD_ID');
  const changed = (file) => statSync(file).mtimeMs > statSync(made).mtimeMs;
  const packages = join(root, 'test/programs/node_modules');
  const sources = list(folder).map((file) => join(folder, file));
  if (existsSync(made) && ![`${packages}/.package-lock.json`, ...sources].some(changed)) return;
  process.stderr.write('Building the Next.js program of the tests ...\n');
  must(process.execPath, [`${packages}/next/dist/bin/next`, 'build', folder], {
    env: { ...process.env, NEXT_TELEMETRY_DISABLED: '1' },
    sentence: 'Cannot build test/programs/servers/next: `next build` failed with the messages above.',
  });
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

/** Compiles every C file of a folder to a program of its name in the same folder of build/, or to a library when that ends in `.so`. */
function compileHelpers(folder) {
  mkdirSync(join(root, 'build', folder), { recursive: true });
  for (const file of readdirSync(join(root, folder)).filter((name) => name.endsWith('.c'))) {
    const source = join(root, folder, file);
    const target = join(root, 'build', folder, file.slice(0, -2));
    const isFresh = existsSync(target) && statSync(target).mtimeMs >= statSync(source).mtimeMs;
    const kind = target.endsWith('.so') ? ['-shared', '-fPIC'] : [];
    if (!isFresh) must(compiler(), ['-O2', '-Wall', '-Wextra', '-Werror', ...kind, '-o', target, source]);
  }
}

function list(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true })
    .map(String)
    .filter((file) => !/(^|\/)(node_modules|\.next)\//.test(file) && statSync(join(folder, file)).isFile());
}
