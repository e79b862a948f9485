/**
 * Listens to all channels and has metrics, is checkpointed, and tells as a restored process what it has heard and what it remembers: on its own standard output,
 * as JSON.
 */
import { subscribe, tracingChannel } from 'node:diagnostics_channel';
import { getGlobalContext } from 'node-crac';
import { checkpointRestore, lastCheckpoint, lastRestore } from 'node-crac/management';
import { createMetrics, type PromClient } from 'node-crac/metrics';
import { requireLibrary } from '../../support/library.js';

interface Message {
  readonly phase?: string;
  readonly resource?: string;
  readonly duration?: number;
  readonly result?: { readonly restored: boolean };
}

const heard: object[] = [];
const client = requireLibrary<PromClient & { register: { metrics(): Promise<string> } }>('prom-client');
createMetrics(client);

for (const name of ['checkpoint', 'phase', 'resource']) {
  for (const event of ['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const) {
    tracingChannel(`node-crac:${name}`)[event].subscribe((message) => {
      const { phase, resource, duration, result } = message as Message;
      heard.push({ name, event, phase, resource, duration, restored: result?.restored });
    });
  }
}
subscribe('node-crac:restored', (message) => heard.push({ name: 'restored', ...(message as object) }));

getGlobalContext().register({ beforeCheckpoint: async () => {}, afterRestore() {} }, { name: 'pool' });

await checkpointRestore();
console.log(
  JSON.stringify({
    heard,
    last: lastCheckpoint(),
    restore: lastRestore(),
    metrics: await client.register.metrics(),
  }),
);
