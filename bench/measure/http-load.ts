import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** One request of a load; a body makes it a POST of JSON. */
export interface LoadRequest {
  readonly path: string;
  readonly body?: unknown;
}

/** An answer. */
export interface Answer {
  readonly status: number;
  readonly body: string;
}

const CONNECTIONS = 8;
const CLOSING_MILLISECONDS = 100;
const START_LIMIT_MILLISECONDS = 20_000;

/** Waits until somebody listens on the port and answers. */
export async function waitForServer(port: number, path: string): Promise<Answer> {
  for (const limit = Date.now() + START_LIMIT_MILLISECONDS; ; await sleep(20)) {
    try {
      return await ask(port, { path });
    } catch (error) {
      if (Date.now() > limit) throw error;
    }
  }
}

/** Sends one request on a connection of its own, or on one of the agent's. */
export function ask(port: number, { path, body }: LoadRequest, agent?: Agent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        host: '127.0.0.1',
        port,
        path,
        agent: agent ?? false,
        method: body === undefined ? 'GET' : 'POST',
        headers: body === undefined ? {} : { 'content-type': 'application/json' },
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.once('error', reject);
        incoming.once('end', () => {
          resolve({ status: incoming.statusCode ?? 0, body: Buffer.concat(chunks).toString() });
        });
      },
    );
    outgoing.once('error', reject);
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/**
 * Sends requests over kept-alive connections, then closes those and gives the server a moment to notice: an open connection can't travel.
 * Rejects when an answer is an error of the server.
 */
export async function load(port: number, requests: readonly LoadRequest[]): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const queue = [...requests];
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const { status, body } = await ask(port, next, agent);
      if (status >= 500) throw new Error(`${next.path} was answered with ${status}: ${body}`);
    }
  };
  try {
    await Promise.all(Array.from({ length: CONNECTIONS }, work));
  } finally {
    agent.destroy();
  }
  await sleep(CLOSING_MILLISECONDS);
}
