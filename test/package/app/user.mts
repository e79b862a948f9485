import {
  CheckpointException,
  type Context,
  Core,
  getGlobalContext,
  isImplemented,
  type Registration,
  type Resource,
  type RestoreInfo,
} from 'node-crac';
import {
  type Availability,
  type CheckpointOptions,
  checkpointAvailability,
  checkpointRestore,
  prepare,
  restoreTime,
  resume,
  uptimeSinceRestore,
} from 'node-crac/management';

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
const options: CheckpointOptions = { directory: './image', keepRunning: true };
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

// @ts-expect-error an option that does not exist
void checkpointRestore({ folder: './image' });
