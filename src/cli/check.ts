import { Command } from 'commander';
import { examineHost, type Finding } from './examine-host.js';
import { EXIT_CODES } from './exit-code.js';
import { formatTable, printJson, printLine } from './terminal.js';

/** `crac check`: says whether this machine can checkpoint and restore, and if not, why and what to do. */
export function checkCommand(): Command {
  return new Command('check')
    .summary('say whether this machine can checkpoint and restore')
    .description(
      'Looks at everything that a checkpoint and a restore need, then checkpoints and restores a small program.\n' +
        'Exits with status 0 when both work and with 78 when they do not.',
    )
    .option('--json', 'print the findings as JSON')
    .action(check);
}

async function check(options: { readonly json?: true }): Promise<void> {
  const findings = await examineHost();
  const ready = findings.every(({ ok }) => ok);
  if (options.json) printJson({ ready, findings });
  else report(findings, ready);
  process.exitCode = ready ? EXIT_CODES.ok : EXIT_CODES.constraint;
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
