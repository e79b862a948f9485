import {
  CheckpointException,
  type Context,
  Core,
  getGlobalContext,
  isImplemented,
  type Main,
  onRestore,
  type Registration,
  type Resource,
  type RestoreInfo,
  Secret,
} from 'node-crac';
import { bsonResource, pinoResource, renewed, type TlsFiles, tlsFilesResource } from 'node-crac/adapters';
import type { EngineModule } from 'node-crac/engine';
import {
  type Availability,
  type CheckpointOptions,
  checkpointAvailability,
  checkpointRestore,
  prepare,
  type ResourcePolicy,
  restoreTime,
  resume,
  uptimeSinceRestore,
} from 'node-crac/management';
import { type CheckpointSimulator, createCheckpointSimulator } from 'node-crac/testing';

class Pool implements Resource {
  async beforeCheckpoint(context: Context): Promise<void> {
    if (context !== getGlobalContext()) throw new Error('unexpected');
  }
  afterRestore(_context: Context, { restored, generation }: RestoreInfo): void {
    const text: string = restored ? `generation ${generation}` : 'undone';
    console.log(text);
  }
}

const registration: Registration = Core.getGlobalContext().register(new Pool(), {
  name: 'pool',
  timeout: 1000,
});
const policies: readonly ResourcePolicy[] = [{ type: 'file', path: '/var/log/*.log', action: 'reopen' }];
const options: CheckpointOptions = { directory: './image', keepRunning: true, policies };
const availability: Availability = checkpointAvailability();
try {
  const { args }: { readonly args: readonly string[] } = await checkpointRestore(options);
  console.log(args, availability.status, isImplemented());
} catch (error) {
  if (error instanceof CheckpointException) for (const cause of error.errors) console.log(cause.message);
}
await prepare();
await resume({});
const times: number[] = [restoreTime(), uptimeSinceRestore()];
registration.unregister();
console.log(times);

const main: Main = ([port = '3000'], { frozenMs }) => console.log(port, frozenMs);
onRestore(main).unregister();
const secret: Secret = Secret.fromEnvironment('DB_PASSWORD', { name: 'password' });
const size: number = secret.use((bytes: Buffer) => bytes.length);
const nextId: (prefix: string) => string = renewed(() => (prefix: string) => `${prefix}${size}`);
nextId('id-');
const files: TlsFiles = { key: 'key.pem', cert: 'cert.pem' };
for (const resource of [
  bsonResource({ index: 0, generate: () => new Uint8Array(12) }),
  pinoResource({ setBindings() {} }, () => ({ pid: process.pid })),
  tlsFilesResource({ setSecureContext() {} }, files, { minVersion: 'TLSv1.3' }),
])
  getGlobalContext().register(resource);

// @ts-expect-error an option that does not exist
void checkpointRestore({ folder: './image' });

export const engine: EngineModule = {
  name: 'nothing',
  description: 'tells the resources and writes no image',
  options: [{ key: 'depth', type: 'number', default: 3, phases: ['checkpoint'], description: 'how deep' }],
  create: () => ({
    name: 'nothing',
    capabilities: { image: false, keepRunning: true },
    availability: ({ options }) =>
      options['depth'] === 0 ? { status: 'never', reason: 'No depth.' } : { status: 'ready' },
    async checkpoint({ announce }) {
      await announce('nothing');
      return { kind: 'running', pause: 0, written: Promise.resolve() };
    },
  }),
};

const simulator: CheckpointSimulator = createCheckpointSimulator();
await simulator.checkpointRestore({ args: ['one'], failure: [new Error('no')] }).catch(() => simulator.reset());
await checkpointRestore({ engine: 'pause', engineOptions: { depth: 2 }, userData: { table: '[]' } });
