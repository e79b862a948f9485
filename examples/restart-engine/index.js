/**
 * A small engine for node-crac. Its image is a JSON file that says how the program was started and what it wanted to keep (`userData`); a
 * restore starts the program anew and hands it that in `RESTART_USER_DATA`. So a restored program has its own beginning to go through, but
 * it may begin with what another process has worked out: on any platform, with any version of Node.js.
 */
import { spawn } from 'node:child_process';
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Signals that are handed on to the restored program; a terminal sends SIGINT to both. */
const FORWARDED = ['SIGTERM', 'SIGHUP', 'SIGUSR2'];

export const name = 'restart';

export const description = 'writes a JSON file and restores by starting the program anew with its user data';

/** @type {readonly import('node-crac/engine').EngineOption[]} */
export const options = [
  {
    key: 'indent',
    type: 'number',
    default: 0,
    phases: ['checkpoint'],
    description: 'spaces by which the JSON file is indented',
  },
  {
    key: 'node',
    type: 'path',
    phases: ['restore'],
    description: 'Node.js to start the program with, instead of the one of the checkpoint',
  },
];

/**
 * @param {import('node-crac/engine').EngineServices} services
 * @returns {import('node-crac/engine').Engine}
 */
export function create({ prepareDirectory, commit }) {
  return {
    name,
    capabilities: { image: true, keepRunning: true, memory: false },
    async checkpoint({ directory, id, manifest, options: { indent }, keepRunning, userData }) {
      const undo = prepareDirectory(directory);
      try {
        const { execPath, execArgv, argv } = process;
        const program = { execPath, execArgv, script: argv[1], args: argv.slice(2), cwd: process.cwd(), userData };
        writeFileSync(join(directory, fileOf(id)), JSON.stringify(program, null, indent), { mode: 0o600, flush: true });
        commit(directory, manifest);
      } catch (error) {
        undo();
        throw error;
      }
      removeOthers(directory, id);
      if (!keepRunning) process.exit(0);
      return { kind: 'running', pause: 0, written: Promise.resolve() };
    },
  };
}

/**
 * @param {import('node-crac/engine').EngineRestoreRequest} request
 * @returns {Promise<import('node-crac/engine').EngineEnd>}
 */
export function restore({ directory, image, options: { node }, args, hasArgs, env, cwd, cwdPolicy }) {
  const program = readProgram(join(directory, fileOf(image.id)));
  const words = [...program.execArgv, program.script, ...(hasArgs ? args : program.args)];
  const child = spawn(node ?? program.execPath, words, {
    stdio: 'inherit',
    cwd: cwdPolicy === 'image' ? program.cwd : cwd,
    env: {
      CRAC_ENGINE: fileURLToPath(import.meta.url),
      CRAC_CHECKPOINT_TO: directory,
      ...env,
      RESTART_USER_DATA: JSON.stringify(program.userData),
    },
  });
  const handOn = (signal) => child.kill(signal);
  for (const signal of FORWARDED) process.on(signal, handOn);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      for (const forwarded of FORWARDED) process.off(forwarded, handOn);
      resolve(signal ?? code);
    });
  });
}

function fileOf(id) {
  return `restart-${id}.json`;
}

function readProgram(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new Error(`Image ${path} is damaged: ${cause.message}. Write it again with a new checkpoint.`, { cause });
  }
}

/** The image is complete without them; whoever is killed before this leaves a few bytes behind. */
function removeOthers(directory, id) {
  for (const file of readdirSync(directory)) {
    if (/^restart-.*\.json$/.test(file) && file !== fileOf(id)) rmSync(join(directory, file));
  }
}
