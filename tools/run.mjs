import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The repository's folder, with a slash at its end. */
export const root = fileURLToPath(new URL('../', import.meta.url));

/** A reason to stop that is told in one sentence, without a stack. */
export class Refusal extends Error {}

/** Runs a program to its end and refuses to go on when it fails; its output is shown only then. */
export function must(command, args, { cwd = root, env = process.env, sentence } = {}) {
  const result = spawnSync(command, args, { cwd, env, encoding: 'utf8', maxBuffer: 64 << 20 });
  if (result.status === 0) return result.stdout;
  process.stderr.write(`${result.stdout ?? ''}${result.stderr ?? ''}`);
  throw new Refusal(sentence ?? `Cannot go on: \`${[command, ...args].join(' ')}\` ${ending(result)}.`);
}

/** Whether a program can be found on the PATH. */
export function has(command) {
  return spawnSync('sh', ['-c', 'command -v "$1"', 'sh', command], { stdio: 'ignore' }).status === 0;
}

/** Runs this Node with the terminal handed through, behind the words of `wrapper` if any, and gives its exit status. */
export function runNode(args, wrapper = []) {
  const [command, ...rest] = [...wrapper, process.execPath, ...args];
  const child = spawn(command, rest, { cwd: root, env: lightEnvironment(), stdio: 'inherit' });
  const forward = (signal) => child.kill(signal);
  process.on('SIGINT', forward).on('SIGTERM', forward);
  return new Promise((resolve, reject) => {
    child.once('error', reject).once('exit', (code) => {
      process.off('SIGINT', forward).off('SIGTERM', forward);
      resolve(code ?? 1);
    });
  });
}

/** Without the additional certificates, which every start of Node would read; npm gets them by its own setting. */
function lightEnvironment() {
  const { NODE_EXTRA_CA_CERTS, ...env } = process.env;
  return NODE_EXTRA_CA_CERTS ? { npm_config_cafile: NODE_EXTRA_CA_CERTS, ...env } : env;
}

function ending({ status, signal, error }) {
  if (error) return `could not be started (${error.code})`;
  return signal ? `was ended by ${signal}` : `failed with exit status ${status}`;
}
