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
  ERR_CRAC_INVALID_ARGUMENT: EXIT_CODES.usage,
  ERR_CRAC_IMAGE_DAMAGED: EXIT_CODES.damaged,
  ERR_CRAC_IMAGE_MISSING: EXIT_CODES.noImage,
  ERR_CRAC_NOT_WAITING: EXIT_CODES.unavailable,
  ERR_CRAC_IMAGE_UNTRUSTED: EXIT_CODES.refused,
  ERR_CRAC_ENGINE_INVALID: EXIT_CODES.usage,
  ERR_CRAC_ENGINE_LACKS: EXIT_CODES.usage,
  ERR_CRAC_ENGINE_MISMATCH: EXIT_CODES.usage,
  ERR_CRAC_ENGINE_OPTION: EXIT_CODES.usage,
  ERR_CRAC_CONTROL_UNREACHABLE: EXIT_CODES.unavailable,
  ERR_CRAC_CONTROL_PROTOCOL: EXIT_CODES.unavailable,
  ERR_CRAC_CONTROL_DIRECTORY: EXIT_CODES.refused,
  ERR_CRAC_PROCESS_NOT_FOUND: EXIT_CODES.unavailable,
  ERR_CRAC_TOOL_NOT_FOUND: EXIT_CODES.unavailable,
  ERR_CRAC_LAUNCHER_MISSING: EXIT_CODES.unavailable,
  ERR_CRAC_COMMAND_NEEDS_SHIM: EXIT_CODES.usage,
  ERR_CRAC_LABEL_INVALID: EXIT_CODES.usage,
  ERR_CRAC_LABEL_REQUIRED: EXIT_CODES.constraint,
  ERR_CRAC_PLACEHOLDER_INVALID: EXIT_CODES.usage,
  ERR_CRAC_POLICY_INVALID: EXIT_CODES.usage,
  ERR_CRAC_POLICY_REFUSES: EXIT_CODES.constraint,
  ERR_CRAC_PROCESS_AMBIGUOUS: EXIT_CODES.usage,
};

/** The exit code with which the command reports `error`: that of the launcher, when it was the launcher that failed. */
export function exitCodeOf(error: unknown): ExitCode {
  if (!isCracException(error)) return EXIT_CODES.failed;
  const { status } = error.details as { readonly status?: unknown };
  const ofLauncher = Object.values(EXIT_CODES).find((code) => code !== EXIT_CODES.ok && code === status);
  return CODES[error.code] ?? ofLauncher ?? EXIT_CODES.failed;
}
