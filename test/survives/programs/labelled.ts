/** Makes an image with labels and a score, and says in a restored process which image it came from. Argument: the score. */
import { checkpointRestore, setScore } from 'node-crac/management';

setScore('warmth', Number(process.argv[2]));
const { directory } = await checkpointRestore({ labels: { tier: 'gold' } });
process.stdout.write(`${directory}\n`);
