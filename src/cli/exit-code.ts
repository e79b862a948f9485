import { isCracException } from '../errors.js';

/** Exit codes of the command, as in `sysexits.h` where that has one. */
export const EXIT_CODES = {
  ok: 0,
  failed: 1,
  usage: 64,
  damaged: 65,
  noImage: 66,
  unavailable: 69,
  system: 71,
  timeout: 75,
  refused: 77,
  constraint: 78,
} as const;
export type ExitCode = (typeof EXIT_CODES)[keyof typeof EXIT_CODES];

const CODES: Readonly<Record<string, ExitCode>> = {
  ERR_CRAC_IMAGE_DAMAGED: EXIT_CODES.damaged,
  ERR_CRAC_IMAGE_MISSING: EXIT_CODES.noImage,
  ERR_CRAC_CONTROL_UNREACHABLE: EXIT_CODES.unavailable,
  ERR_CRAC_CONTROL_PROTOCOL: EXIT_CODES.unavailable,
  ERR_CRAC_CONTROL_DIRECTORY: EXIT_CODES.refused,
  ERR_CRAC_PROCESS_NOT_FOUND: EXIT_CODES.unavailable,
  ERR_CRAC_LAUNCHER_MISSING: EXIT_CODES.unavailable,
  ERR_CRAC_COMMAND_NEEDS_SHIM: EXIT_CODES.usage,
  ERR_CRAC_PROCESS_AMBIGUOUS: EXIT_CODES.usage,
};

/** The exit code with which the command reports `error`. */
export function exitCodeOf(error: unknown): ExitCode {
  return (isCracException(error) ? CODES[error.code] : undefined) ?? EXIT_CODES.failed;
}
