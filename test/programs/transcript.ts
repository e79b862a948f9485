import { once } from 'node:events';
import { request } from 'node:http';
import type { ProgramRequest, RealProgram } from './real-programs.js';

/** An answer as far as two processes give the same. */
export interface Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** What depends on time and connection. */
const PASSING = new Set(['date', 'connection', 'keep-alive']);

/** Sends all requests of a program one after the other, with the cookies that came before. */
export async function transcript(port: number, program: RealProgram): Promise<Answer[]> {
  const cookies = new Map<string, string>();
  const answers: Answer[] = [];
  for (const one of program.requests) {
    const answer = await ask(port, one, [...cookies].map((pair) => pair.join('=')).join('; '));
    for (const cookie of (answer.headers['set-cookie'] ?? []) as readonly string[]) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      cookies.set(name, value);
    }
    answers.push(mask(answer, program));
  }
  return answers;
}

/** Hides what is meant to differ from answer to answer. */
export function maskText(text: string, { random }: RealProgram): string {
  return random === undefined ? text : text.replaceAll(new RegExp(random, 'g'), '*');
}

function mask(answer: Answer, program: RealProgram): Answer {
  const headers = Object.entries(answer.headers).map(([name, value]) => [
    name,
    maskText(String(value), program),
  ]);
  return { ...answer, headers: Object.fromEntries(headers), body: maskText(answer.body, program) };
}

async function ask(port: number, { path, body }: ProgramRequest, cookie: string): Promise<Answer> {
  const outgoing = request({
    host: '127.0.0.1',
    port,
    path,
    agent: false,
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(cookie === '' ? {} : { cookie }),
    },
  });
  outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  const [response] = await once(outgoing, 'response');
  const chunks: Buffer[] = await response.toArray();
  const headers = Object.entries(response.headers).filter(([name]) => !PASSING.has(name));
  return {
    status: response.statusCode,
    headers: Object.fromEntries(headers),
    body: Buffer.concat(chunks).toString(),
  };
}
