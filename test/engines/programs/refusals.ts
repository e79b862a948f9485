/** Asks for checkpoints that cannot be, says how each was refused, and then for one with which it keeps running. */
import { closeSync, openSync } from 'node:fs';
import { getGlobalContext } from 'node-crac';
import { checkpointAvailability, checkpointRestore } from 'node-crac/management';

type Options = Parameters<typeof checkpointRestore>[0];

const told: string[] = [];
getGlobalContext().register({
  beforeCheckpoint: () => void told.push('before'),
  afterRestore: (_context, { restored }) => void told.push(`after ${restored}`),
});

say({ availability: checkpointAvailability() });

const failing = getGlobalContext().register({
  beforeCheckpoint() {
    throw new Error('not now');
  },
  afterRestore() {},
});
const fd = openSync('/dev/null', 'r');
const file = openSync(process.argv[1] ?? '', 'r');
await attempt('a failing resource and an open file', {});
failing.unregister();
closeSync(fd);
closeSync(file);
await attempt('an unknown option', { engineOptions: 'nonsense=1' });
await attempt('a reserved option', { engineOptions: { image_location: '/tmp' } });
await attempt('an option twice', { engineOptions: 'nonsense,nonsense' });
await attempt('an unknown engine', { engine: 'no-such-engine' });
await attempt('keep running', { keepRunning: true });
process.exitCode = 3;

async function attempt(what: string, options: Options): Promise<void> {
  told.length = 0;
  try {
    const { restored, generation } = await checkpointRestore(options);
    say({ what, restored, generation, told });
  } catch (error) {
    const { code, errors } = error as { code: string; errors: readonly (Error & { code?: string })[] };
    const causes = errors.map((each) => ({ code: each.code, message: each.message }));
    say({ what, code, causes, told });
  }
}

function say(fact: object): void {
  process.stdout.write(`${JSON.stringify(fact)}\n`);
}
