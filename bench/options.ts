import { parseArgs } from 'node:util';

/** What a run of the benchmark was asked for. */
export interface BenchOptions {
  /** Names of scenarios; empty for all. */
  readonly only: readonly string[];
  /** Major versions, or `current`. */
  readonly nodes: readonly string[];
  readonly runs: number;
  readonly withCriu: boolean;
  /** File for the results. */
  readonly json: string;
  readonly help: boolean;
}

/** Text of `--help`. */
export const USAGE: string = `Usage: npm run bench -- [options]

  --only NAMES   scenarios, separated by commas (default: all)
  --node MAJORS  20, 22, 24, 26 or current, separated by commas (default: 20,22,24,26)
  --runs N       counted runs of each contestant (default: 15)
  --no-criu      leave CRIU out
  --json FILE    where the results go (default: build/bench/results.json)
`;

/** Reads the command line; throws what is wrong with it. */
export function readOptions(args: readonly string[], defaultJson: string): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', default: '' },
      node: { type: 'string', default: '20,22,24,26' },
      runs: { type: 'string', default: '15' },
      'no-criu': { type: 'boolean', default: false },
      json: { type: 'string', default: defaultJson },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const runs = Number(values.runs);
  if (!Number.isInteger(runs) || runs < 1)
    throw new Error(`--runs takes a whole number from 1 on, not ${values.runs}.`);
  return {
    only: splitList(values.only),
    nodes: splitList(values.node),
    runs,
    withCriu: !values['no-criu'],
    json: values.json,
    help: values.help,
  };
}

function splitList(text: string): string[] {
  return text.split(',').filter((part) => part !== '');
}
