import { Agent } from 'node:http';
import { ask, type LoadRequest } from './http-load.js';

/**
 * Milliseconds that each of the requests took, one after the other over one connection. Rejects when an answer is an error of the server.
 */
export async function latencies(port: number, requests: readonly LoadRequest[]): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const times: number[] = [];
  try {
    for (const request of requests) {
      const started = performance.now();
      const { status, body } = await ask(port, request, agent);
      if (status >= 400) throw new Error(`${request.path} was answered with ${status}: ${body}`);
      times.push(performance.now() - started);
    }
  } finally {
    agent.destroy();
  }
  return times;
}
