import { resolve } from 'node:path';
import { Command } from 'commander';
import { type Comparison, compareCopies } from './compare-copies.js';
import type { EngineFlags } from './engine-help.js';
import { examineEngine } from './examine-engine.js';
import { examineHost, type Finding } from './examine-host.js';
import { EXIT_CODES } from './exit-code.js';
import { showFeatures } from './show-features.js';
import { formatTable, printJson, printLine } from './terminal.js';

/** `crac check`: says whether this machine can checkpoint and restore, and if not, why and what to do. */
export function checkCommand(): Command {
  return new Command('check')
    .summary('say whether this machine can checkpoint and restore')
    .description(
      'Looks at everything that a checkpoint and a restore need, then checkpoints and restores a small program.\n' +
        'Exits with status 0 when both work and with 78 when they do not.',
    )
    .option(
      '--after-restore <dir>',
      'restore this image twice, up to the point at which the application would hear of it, and say what the two copies share',
    )
    .option('--engine <engine>', 'look at what this engine needs instead of the native one')
    .option('--engine-options <list>', 'options of the engine: key=value,key2')
    .option(
      '--cpu-features [masks...]',
      'print what the processor offers, as crac run --cpu-features takes it; with masks of other machines what all have in common',
    )
    .option('--json', 'print the findings as JSON')
    .action(check);
}

interface CheckOptions extends EngineFlags {
  readonly afterRestore?: string;
  readonly cpuFeatures?: true | readonly string[];
  readonly json?: true;
}

async function check(options: CheckOptions): Promise<void> {
  if (options.afterRestore !== undefined) return checkCopies(resolve(options.afterRestore), options);
  if (options.cpuFeatures !== undefined) return showFeatures(options.cpuFeatures, options.json);
  const findings = await (options.engine ? examineEngine(options) : examineHost());
  const ready = findings.every(({ ok }) => ok);
  if (options.json) printJson({ ready, findings });
  else report(findings, ready);
  process.exitCode = ready ? EXIT_CODES.ok : EXIT_CODES.constraint;
}

function checkCopies(directory: string, { json }: CheckOptions): void {
  const resources = compareCopies(directory);
  const unique = resources.every(({ shared }) => shared.length === 0);
  if (json) printJson({ directory, unique, resources });
  else reportCopies(resources, unique);
  process.exitCode = unique ? EXIT_CODES.ok : EXIT_CODES.failed;
}

function reportCopies(resources: readonly Comparison[], unique: boolean): void {
  const rows = resources.map(({ name, off, compared, shared }) => [
    shared.length === 0 ? 'ok' : 'NO',
    off ? `${name} (off)` : name,
    compared.join(', '),
    shared.join(', '),
  ]);
  printLine(formatTable(['', 'RESOURCE', 'COMPARED', 'SHARED BY BOTH COPIES'], rows));
  for (const { name, problem } of resources) if (problem !== undefined) printLine(`${name}: ${problem}`);
  printLine(unique ? 'The two copies share nothing of these.' : 'The two copies share what must be unique.');
}

function report(findings: readonly Finding[], ready: boolean): void {
  printLine(
    formatTable(
      ['', 'CHECK', 'FOUND'],
      findings.map(({ name, ok, detail }) => [ok ? 'ok' : 'NO', name, detail]),
    ),
  );
  for (const { name, advice } of findings) if (advice !== undefined) printLine(`${name}: ${advice}`);
  printLine(
    ready
      ? 'This machine can checkpoint and restore.'
      : 'This machine cannot checkpoint and restore as it is.',
  );
}
