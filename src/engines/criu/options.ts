import type { EngineOption, EngineOptionValues } from '../engine.js';

/** What can be set for CRIU. */
export const CRIU_OPTIONS: readonly EngineOption[] = [
  {
    key: 'criu_location',
    type: 'path',
    phases: ['checkpoint', 'restore'],
    description: 'absolute path of criu (default: the one in PATH)',
  },
  {
    key: 'args',
    type: 'text',
    default: '',
    phases: ['checkpoint', 'restore'],
    description: 'more arguments for criu, with blanks between them',
  },
  {
    key: 'keep_running',
    type: 'boolean',
    default: false,
    phases: ['checkpoint'],
    description: 'the process goes on after its image was written',
  },
  {
    key: 'direct_map',
    type: 'boolean',
    default: true,
    phases: ['restore'],
    description:
      'map pages from the image where criu can do that (that of CRaC can), instead of copying them',
  },
  {
    key: 'print_command',
    type: 'boolean',
    default: false,
    phases: ['checkpoint', 'restore'],
    description: 'print the command line of criu on standard error',
  },
];

/** The options of one phase, typed. */
export interface CriuOptions {
  /** Absolute path; `undefined` for the one in `PATH`. */
  readonly location: string | undefined;
  /** More arguments. */
  readonly args: readonly string[];
  readonly keepRunning: boolean;
  readonly directMap: boolean;
  readonly printCommand: boolean;
}

/** Types what was validated. */
export function readCriuOptions(values: EngineOptionValues): CriuOptions {
  const { criu_location: location, args = '', keep_running, direct_map = true, print_command } = values;
  return {
    location: typeof location === 'string' && location !== '' ? location : undefined,
    args: String(args).split(/\s+/).filter(Boolean),
    keepRunning: keep_running === true,
    directMap: direct_map === true,
    printCommand: print_command === true,
  };
}
