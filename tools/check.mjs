import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './run.mjs';

/** Runs every check of the sources, tells each one's result, and gives the exit status. */
export function check() {
  const results = steps().map(runStep);
  return results.every(Boolean) ? 0 : 1;
}

/** Types were checked by the build that came before. */
function steps() {
  const bin = (name) => join(root, 'node_modules/.bin', name);
  const formatted = ['native', 'test/support', 'bench/native'].flatMap(cFiles);
  return [
    ['lint and format of TypeScript', bin('biome'), ['check', '--error-on-warnings']],
    ['format of C', bin('clang-format'), ['--dry-run', '-Werror', ...formatted]],
    ['unused files, exports and dependencies', bin('knip'), ['--no-progress']],
    ['package for publication', bin('publint'), ['--strict']],
    ...['layers', 'docs'].map((name) => [
      `test/${name}`,
      process.execPath,
      ['--test', `build/test/${name}.test.js`],
    ]),
  ];
}

function runStep([title, command, args]) {
  if (!existsSync(command)) {
    process.stdout.write(`✘ ${title}: ${command} is missing; run \`npm install\`\n`);
    return false;
  }
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  });
  process.stdout.write(status === 0 ? `✔ ${title}\n` : `✘ ${title}\n${stdout}${stderr}\n`);
  return status === 0;
}

function cFiles(folder) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true })
    .map((file) => join(root, folder, String(file)))
    .filter((file) => /\.[ch]$/.test(file) && !file.includes('node_modules'));
}
