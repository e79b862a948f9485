import { processWide, sharedValue } from './process-wide.js';

/** Remembers the name that the program was started with, by which those who started it go on calling its restored processes. */
export function rememberName(): void {
  processWide('name', () => process.env['CRAC_NAME']);
}

/** The name that somebody gave this process: for the restore, or at its start. */
export function givenName(): string | undefined {
  return process.env['CRAC_NAME'] || sharedValue<string>('name');
}
