/** Has a new main: prints its arguments and generation, checkpoints once more when told so, and throws when told so. */
import { onRestore } from 'node-crac';
import { checkpoint } from '../../support/program.js';

onRestore(async (args, { generation }) => {
  process.stdout.write(`main ${generation} ${JSON.stringify(args)}\n`);
  await Promise.resolve();
  if (args.includes('fail')) throw new TypeError('the new main failed');
  if (args.includes('again')) await checkpoint();
});

const { args, hasArgs } = await checkpoint();
process.stdout.write(`caller ${hasArgs} ${JSON.stringify(args)}\n`);
