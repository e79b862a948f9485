#!/usr/bin/env node
/**
 * The commands of a checkout: `node tools/bootstrap.mjs build|test|check|bench|demo [arguments]`.
 *
 * Each is complete in itself: it installs the dependencies and compiles whatever is missing or out of date, then does its work.
 */
import { existsSync } from 'node:fs';
import { buildBench, buildNextProgram, buildPackage, buildTests } from './build.mjs';
import { check } from './check.mjs';
import {
  installCriu,
  installDebian,
  installDebianSource,
  installFolder,
  linkPackage,
  unpackDebianKernel,
} from './install.mjs';
import { withLock } from './lock.mjs';
import { Refusal, root, runNode } from './run.mjs';
import { requireToolchain } from './toolchain.mjs';

/** The stand-in for systemd's logind. */
const DBUSMOCK = '/usr/lib/python3/dist-packages/dbusmock/__init__.py';

/** The sources of the release of Express whose suite the tests run; the package on npm has none. */
const EXPRESS_SOURCE = {
  name: 'node-express',
  version: '4.18.2+~4.17.14-1',
  folders: ['test', 'examples'],
  target: 'test/suites/express',
};

/** The oldest kernel of Debian that has a driver for the generation device of virtual machines. */
const GUEST_KERNEL = { suite: 'trixie', name: 'linux-image-cloud-amd64', target: 'test/vm/kernel/vmlinuz' };

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
    installFolder('test/suites');
    installDebianSource(EXPRESS_SOURCE);
    linkPackage('test/suites/node_modules/express', EXPRESS_SOURCE.target, [
      'index.js',
      'lib',
      'package.json',
    ]);
    installDebian({
      gdb: 'gdb',
      openssl: 'openssl',
      busybox: 'busybox-static',
      'qemu-system-x86_64': 'qemu-system-x86',
      'dbus-daemon': 'dbus-daemon',
      [DBUSMOCK]: 'python3-dbusmock',
    });
    installCriu();
    unpackDebianKernel(GUEST_KERNEL);
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
    for (const folder of ['test/nodes', 'test/programs', 'bench/programs', 'examples/express-server'])
      installFolder(folder);
    buildNextProgram();
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
