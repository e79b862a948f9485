/**
 * The process that `crac warm` makes an image of: runs a tool a few times, checkpoints, and in each restored process runs it once more, this
 * time for good. Arguments: image directory, number of runs, file of the tool, arguments of the warm-up.
 */
import { spawnSync } from 'node:child_process';
import * as nodeModule from 'node:module';
import { describeError } from '../errors.js';
import { checkpointRestore } from '../management.js';
import { renderFailure } from '../render-failure.js';
import { rehearseTool } from './rehearsal.js';
import { createTool, type Tool } from './tool.js';

const FAILED = 1;

const [node = '', , directory = '', runs = '', file = '', ...args] = process.argv;
const tool = createTool(file);
process.argv = [node, file];

try {
  for (let run = 0; run < Number(runs); run += 1) await rehearseTool(tool, args);
  writeCompileCache();
  await checkpointRestore({ directory });
} catch (error) {
  process.stderr.write(`${renderFailure(describeError(error), false)}\n`);
  process.exit(FAILED);
}
if (tool.hasChanged()) runPlainly();
else await runForGood(tool);

/** What a tool compiled with `module.enableCompileCache()` is written at the end of its process: once here instead of by each restored one. */
function writeCompileCache(): void {
  const { flushCompileCache } = nodeModule as { readonly flushCompileCache?: () => void };
  flushCompileCache?.();
}

async function runForGood({ run }: Tool): Promise<void> {
  await run();
}

/** The image is older than the tool: what is in memory must not be used. */
function runPlainly(): void {
  process.stderr.write(`crac: ${file} has changed since its image was made: run crac warm again.\n`);
  const { status, signal } = spawnSync(process.execPath, process.argv.slice(1), { stdio: 'inherit' });
  if (signal !== null) process.kill(process.pid, signal);
  process.exitCode = status ?? FAILED;
}
