import { createRequire } from 'node:module';
import { PROGRAMS_FOLDER, type ProgramRequest, type RealProgram } from './real-programs.js';
import { type Answer, maskText } from './transcript.js';

/** What autocannon tells of a run. */
export interface LoadResult {
  readonly errors: number;
  readonly timeouts: number;
  readonly non2xx: number;
  readonly '2xx': number;
  readonly resets: number;
  /** Answers that differ from those of a plain start. */
  readonly wrong: readonly string[];
}

type Autocannon = (options: object) => Promise<Omit<LoadResult, 'wrong'>>;

const CONNECTIONS = 6;
const SECONDS_PER_ANSWER = 60;

const autocannon = createRequire(`${PROGRAMS_FOLDER}package.json`)('autocannon') as Autocannon;

/** The requests that a program is loaded with. */
export function loadRequests({ requests }: RealProgram): readonly ProgramRequest[] {
  return requests.filter(({ load }) => load);
}

/** Loads a program with autocannon and compares each answer with that of a plain start. */
export async function load(
  port: number,
  program: RealProgram,
  expected: readonly Answer[],
  amount: number,
): Promise<LoadResult> {
  const wrong: string[] = [];
  const requests = program.requests.flatMap((one, index) => {
    const compare = (status: number, body: string): void => {
      const wanted = expected[index];
      const text = maskText(body, program);
      if (status !== wanted?.status || text !== wanted.body) wrong.push(`${one.path}: ${status} ${text}`);
    };
    return one.load ? [{ ...toOptions(one), onResponse: compare }] : [];
  });
  const url = `http://127.0.0.1:${port}`;
  const result = await autocannon({
    url,
    connections: CONNECTIONS,
    amount,
    timeout: SECONDS_PER_ANSWER,
    requests,
  });
  return { ...result, wrong };
}

/** The commands of a shell that warm a program up, to be run where `CRAC_URL` is its address. */
export function warmUp(program: RealProgram, amount: number): string {
  const script = `${PROGRAMS_FOLDER}node_modules/autocannon/autocannon.js`;
  const commands = loadRequests(program).map((one) => {
    const { body } = toOptions(one);
    const data = body === undefined ? '' : `-m POST -H content-type=application/json -b '${body}' `;
    return `node ${script} --no-progress -a ${amount} -c ${CONNECTIONS} ${data}"$CRAC_URL"'${one.path}'`;
  });
  return commands.join(' && ');
}

function toOptions({ path, body }: ProgramRequest): { path: string; body?: string } {
  if (body === undefined) return { path };
  const post = { method: 'POST', headers: { 'content-type': 'application/json' } };
  return { path, ...post, body: JSON.stringify(body) };
}
