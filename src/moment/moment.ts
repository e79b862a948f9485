import { constants } from 'node:os';
import { cracError } from '../errors.js';

/** When a program is to be checkpointed, as `--checkpoint-when` says it. Times are in milliseconds. */
export type Moment =
  | { readonly kind: 'listening' }
  | { readonly kind: 'idle'; readonly time: number }
  | { readonly kind: 'requests'; readonly count: number }
  | { readonly kind: 'http'; readonly path: string }
  | { readonly kind: 'signal'; readonly signal: NodeJS.Signals }
  | { readonly kind: 'after'; readonly time: number }
  | { readonly kind: 'exit-of'; readonly command: string };

/** How long a program is left alone before it counts as idle, unless `idle=TIME` says otherwise. */
const IDLE_TIME = 1000;

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 };

const EXPECTED =
  'one of listening, idle, idle=500ms, requests=100, http=/path, signal=SIGUSR2, after=10s, exit-of=COMMAND';

/**
 * Reads one moment.
 *
 * @throws {CracException} `ERR_CRAC_INVALID_ARGUMENT`
 */
export function parseMoment(text: string): Moment {
  const moment = parse(text);
  if (moment !== undefined) return moment;
  throw cracError('ERR_CRAC_INVALID_ARGUMENT', {
    argument: '--checkpoint-when',
    expected: EXPECTED,
    received: `"${text}"`,
  });
}

function parse(text: string): Moment | undefined {
  const [, kind = '', value] = /^([a-z-]+)(?:=(.*))?$/s.exec(text) ?? [];
  if (value === undefined) {
    if (kind === 'idle') return { kind, time: IDLE_TIME };
    return kind === 'listening' ? { kind } : undefined;
  }
  switch (kind) {
    case 'idle':
    case 'after': {
      const time = parseTime(value);
      return time === undefined ? undefined : { kind, time };
    }
    case 'requests':
      return /^[1-9]\d{0,8}$/.test(value) ? { kind, count: Number(value) } : undefined;
    case 'http':
      return value.startsWith('/') ? { kind, path: value } : undefined;
    case 'signal':
      return canBeHeard(value) ? { kind, signal: value } : undefined;
    case 'exit-of':
      return value.trim() === '' ? undefined : { kind, command: value };
    default:
      return undefined;
  }
}

/** `500ms`, `10s`, `1.5m`: milliseconds. */
function parseTime(text: string): number | undefined {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text) ?? [];
  return number === '' ? undefined : Number(number) * (UNITS[unit] ?? 1);
}

/** Names a moment in a sentence. */
export function describeMoment(moment: Moment): string {
  switch (moment.kind) {
    case 'listening':
      return 'it listened';
    case 'idle':
      return `it was idle for ${moment.time} ms after a request`;
    case 'requests':
      return `it had answered ${moment.count} requests`;
    case 'http':
      return `it answered ${moment.path} with status 200`;
    case 'signal':
      return `${moment.signal} came`;
    case 'after':
      return `${moment.time} ms had passed`;
    case 'exit-of':
      return `"${moment.command}" had ended`;
  }
}

/** The kernel delivers two signals to no program. */
function canBeHeard(signal: string): signal is NodeJS.Signals {
  return Object.hasOwn(constants.signals, signal) && signal !== 'SIGKILL' && signal !== 'SIGSTOP';
}
