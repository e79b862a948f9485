/** Lives through two checkpoints and says after each what it has become. Under an engine that keeps no memory it begins anew each time. */
import { getGlobalContext } from 'node-crac';
import { checkpointRestore } from 'node-crac/management';

const { round: reached = '0' } = JSON.parse(process.env['RESTART_USER_DATA'] ?? '{}') as { round?: string };
const told: string[] = [];
const context = getGlobalContext();
for (const name of ['first', 'second']) {
  context.register({
    beforeCheckpoint: () => void told.push(`${name} before`),
    afterRestore: (_context, { restored }) => void told.push(`${name} after ${restored}`),
  });
}

let round = Number(reached);
if (round > 0) say({ round });
while (round < 2) {
  round += 1;
  const info = await checkpointRestore({ userData: { round: String(round) } });
  const { restored, generation, args, hasArgs, cwd, env, directory } = info;
  say({ round, info: { restored, generation, args, hasArgs, cwd, directory, mark: env?.['MARK'] }, told });
  told.length = 0;
}
process.exitCode = 7;

function say(fact: object): void {
  const { argv, env, pid } = process;
  const present = { args: argv.slice(2), mark: env['MARK'], cwd: process.cwd(), pid };
  process.stdout.write(`${JSON.stringify({ ...fact, process: present })}\n`);
}
