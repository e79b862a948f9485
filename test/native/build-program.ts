import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { repository } from '../support/paths.js';
import { needsCommand } from '../support/requirements.js';

/** The reason to skip tests of native programs, or false when they can be built. */
export function needsCompiler(): string | false {
  return needsCommand('make') || needsCommand('cc');
}

/** Builds one of the programs of native/test: its path. */
export function buildProgram(name: string): string {
  const environment = { ...process.env };
  delete environment['MAKEFLAGS'];
  execFileSync('make', ['-s', '-C', join(repository, 'native'), `../build/native/${name}`], {
    env: environment,
  });
  return join(repository, 'build/native', name);
}
