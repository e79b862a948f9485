import { Command } from 'commander';
import { packageVersion } from '../image/package-version.js';
import { checkCommand } from './check.js';
import { checkpointCommand } from './checkpoint.js';
import { explainCommand } from './explain.js';
import { inspectCommand } from './inspect.js';
import { prepareCommand } from './prepare.js';
import { psCommand } from './ps.js';
import { restoreCommand } from './restore.js';
import { resumeCommand } from './resume.js';
import { runCommand } from './run.js';
import { statusCommand } from './status.js';
import { warmCommand } from './warm.js';

const VERBS = [
  runCommand,
  checkpointCommand,
  prepareCommand,
  resumeCommand,
  explainCommand,
  restoreCommand,
  warmCommand,
  psCommand,
  statusCommand,
  inspectCommand,
  checkCommand,
];

/** The whole command line as commander sees it. */
export function createProgram(): Command {
  const program = new Command('crac')
    .description('Checkpoints running Node.js processes and restores them in milliseconds.')
    .version(packageVersion())
    .enablePositionalOptions()
    .showHelpAfterError('(add --help for the options)')
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'crac: ')) })
    .exitOverride();
  for (const verb of VERBS) program.addCommand(verb().copyInheritedSettings(program).exitOverride());
  return program;
}
