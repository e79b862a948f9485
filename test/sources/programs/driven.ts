/**
 * Has a source drive it and prints what happens. Arguments: the source, its options as JSON, and where it listens to: a path, or `own` for the hooks on a
 * server of the program. In the environment, FAIL makes its resource fail.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getGlobalContext } from 'node-crac';
import {
  createSnapshotHooks,
  registerAfterRestore,
  registerBeforeSnapshot,
  serveSnapshotHooks,
  watchGenerationFile,
  watchSnapshotFile,
  watchSystemdSleep,
} from 'node-crac/sources';

const [kind = '', json = '{}', place = ''] = process.argv.slice(2);
const options = {
  ...JSON.parse(json),
  onEvent: ({ kind, error }: { kind: string; error?: Error }) =>
    console.log(`event ${kind} ${error?.message ?? ''}`),
};
const SOURCES: Readonly<Record<string, () => unknown>> = {
  file: () => watchSnapshotFile(place, { ...options, interval: 5 }),
  generation: () => watchGenerationFile(place, { ...options, interval: 5 }),
  systemd: () => watchSystemdSleep({ ...options, address: place, who: 'driven' }),
  own: () => {
    const hooks = createSnapshotHooks(options);
    const server = createServer((request, response) => {
      if (!hooks(request, response)) response.end('hello');
    });
    server.listen(0, '127.0.0.1', () => console.log(`port ${(server.address() as AddressInfo).port}`));
  },
  serve: async () => console.log(`port ${(await serveSnapshotHooks(options)).port}`),
};

setInterval(() => {}, 1000);
getGlobalContext().register(
  {
    beforeCheckpoint() {
      if (process.env['FAIL'] !== undefined) throw new Error('3 queries\nare still running');
      console.log('before');
    },
    afterRestore: (_context, { restored }) => console.log(`after ${restored}`),
  },
  { name: 'database' },
);
registerBeforeSnapshot((one, two) => console.log(`hook ${one} ${two}`), 1, 2);
registerAfterRestore(async () => console.log('hook after'));
await SOURCES[kind]?.();
console.log('ready');
