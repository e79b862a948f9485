#!/usr/bin/env node
/**
 * The commands of a checkout: `node tools/bootstrap.mjs build|test|check|bench|demo [arguments]`.
 *
 * Each is complete in itself: it installs the dependencies and compiles whatever is missing or out of date, then does its work.
 */
import { existsSync } from 'node:fs';
import { buildBench, buildNextProgram, buildPackage, buildTests } from './build.mjs';
import { check } from './check.mjs';
import { installDebian, installFolder } from './install.mjs';
import { withLock } from './lock.mjs';
import { Refusal, root, runNode } from './run.mjs';
import { requireToolchain } from './toolchain.mjs';

const COMMANDS = { build, test, check: checkAll, bench, demo };

await main(process.argv[2], process.argv.slice(3));

async function main(name, args) {
  try {
    const command = Object.hasOwn(COMMANDS, name ?? '') ? COMMANDS[name] : undefined;
    if (!command)
      throw new Refusal(`Usage: node tools/bootstrap.mjs ${Object.keys(COMMANDS).join('|')} [arguments]`);
    process.exitCode = await command(args);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}

async function build() {
  await prepare(buildPackage);
  return 0;
}

async function test(args) {
  await prepare(() => {
    installFolder('test/nodes');
    installFolder('test/addons');
    installFolder('test/tools');
    installFolder('test/libraries');
    installFolder('test/programs');
    buildNextProgram();
    installDebian({ gdb: 'gdb', openssl: 'openssl' });
    buildPackage();
    buildTests();
  });
  return runNode(['build/test/run.js', ...args], ['build/test/support/bare']);
}

async function checkAll() {
  await prepare(() => {
    buildPackage();
    buildTests();
    buildBench();
  });
  return check();
}

async function bench(args) {
  await prepare(() => {
    for (const folder of ['test/nodes', 'bench/programs', 'examples/express-server']) installFolder(folder);
    buildPackage();
    buildBench();
  });
  return runNode(['build/bench/run.js', ...args]);
}

async function demo(args) {
  await prepare(() => {
    installFolder('examples/express-server');
    buildPackage();
    buildBench();
  });
  return runNode(['build/bench/demo/run.js', ...args]);
}

/** Checks the machine, installs the packages and builds under a lock, so that two commands at once don't meet in `dist/`. */
async function prepare(steps) {
  requireToolchain();
  await withLock(`${root}build/bootstrap.lock`, () => {
    if (existsSync(`${root}package-lock.json`)) installFolder('.');
    steps();
  });
}
