/** Asks servers, whose ports are arguments of the restore, whether it trusts them. Before the checkpoint it asks those of its own arguments. */
import { checkpoint } from '../../support/program.js';

async function ask(ports: readonly string[]): Promise<string> {
  const answers = ports.map(async (port) => {
    try {
      return await (await fetch(`https://127.0.0.1:${port}`)).text();
    } catch (error) {
      return String(((error as Error).cause as { code?: string } | undefined)?.code ?? error);
    }
  });
  return (await Promise.all(answers)).join();
}

process.stdout.write(`before ${await ask(process.argv.slice(2))}\n`);

const { args } = await checkpoint();

process.stdout.write(`after ${await ask(args)}\n`);
process.exit();
