import { spawn } from 'node:child_process';
import { cracError } from '../errors.js';

/**
 * Runs a command of the shell to its end. What it prints goes to standard error, so that the program's own output stays clean.
 *
 * @throws {CracException} `ERR_CRAC_WARM_UP_FAILED` when it ends with anything but status 0
 */
export function runCommand(command: string, env: NodeJS.ProcessEnv): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (end: string, cause?: unknown): void =>
      reject(cracError('ERR_CRAC_WARM_UP_FAILED', { command, end }, cause));
    const child = spawn('/bin/sh', ['-c', command], { env, stdio: ['ignore', 2, 2] });
    child.on('error', (error) => fail('could not be started', error));
    child.on('close', (code, signal) => {
      if (code === 0) resolve();
      else fail(signal === null ? `ended with status ${code}` : `was ended by ${signal}`);
    });
  });
}
