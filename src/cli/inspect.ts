import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { readImage } from '../image/read-image.js';
import { readForeignManifest } from '../image/read-summary.js';
import { parseScores, SCORE_FILE, type Scores } from '../image/score.js';
import { EXIT_CODES, type ExitCode } from './exit-code.js';
import { grepSecrets, parsePattern, renderSecrets, type SecretReport } from './grep-secrets.js';
import { inspectFiles } from './inspect-files.js';
import { inspectForeign } from './inspect-foreign.js';
import { renderImage } from './render-image.js';
import { complain, printJson, printLine } from './terminal.js';
import { verifyChecksums } from './verify-checksums.js';

interface InspectOptions {
  readonly checksums?: true;
  readonly grepSecrets?: true;
  readonly pattern?: readonly string[];
  readonly env?: string;
  readonly json?: true;
}

/** `crac inspect`: shows and checks an image without restoring it. */
export function inspectCommand(): Command {
  return new Command('inspect')
    .summary('show and check an image')
    .description(
      'Shows what an image holds and what it needs, and checks its size, its structure and the checksum of its head.',
    )
    .argument('<dir>', 'image directory')
    .option('--checksums', 'also check the checksum of every segment of pages')
    .option(
      '--grep-secrets',
      'search the whole image for secrets, say where they are, and exit with status 1 if there are any',
    )
    .addOption(
      new Option('--pattern <text>', '--grep-secrets for this text or /regular expression/; may be repeated')
        .argParser(addPattern)
        .implies({ grepSecrets: true }),
    )
    .addOption(
      new Option(
        '--env <names>',
        '--grep-secrets for the values of these variables, with commas between (default: all whose names speak of keys, tokens, passwords or secrets)',
      ).implies({ grepSecrets: true }),
    )
    .option('--json', 'print everything as JSON')
    .action(inspect);
}

async function inspect(path: string, options: InspectOptions): Promise<void> {
  const directory = resolve(path);
  const manifest = await readForeignManifest(directory);
  if (manifest !== undefined) {
    await inspectForeign(directory, manifest, await readScores(directory), options);
    return;
  }
  const image = await readImage(directory);
  const files = await inspectFiles(directory, image);
  const checksums = options.checksums ? await verifyChecksums(directory) : undefined;
  const secrets = options.grepSecrets ? await grepSecrets(directory, image, options) : undefined;
  const scores = await readScores(directory);
  if (options.json)
    printJson({
      directory,
      scores,
      ...files,
      ...(checksums !== undefined && { checksums }),
      ...(secrets !== undefined && { secrets }),
      image,
    });
  else printLine(secrets === undefined ? renderImage(directory, image, scores) : renderSecrets(secrets));
  for (const problem of files.problems) complain(problem);
  if (checksums !== undefined && !checksums.ok) complain(checksums.problem);
  if (checksums?.ok && !options.json) printLine('Checksums: all match.');
  const sound = files.problems.length === 0 && (checksums?.ok ?? true);
  process.exitCode = sound ? exitCodeOfSearch(secrets) : EXIT_CODES.damaged;
}

/** Nothing of a restore depends on the file, so it may be missing. */
async function readScores(directory: string): Promise<Scores> {
  try {
    return parseScores(await readFile(join(directory, SCORE_FILE), 'utf8'));
  } catch {
    return {};
  }
}

/** A search for nothing was not what was meant. */
function exitCodeOfSearch(secrets: SecretReport | undefined): ExitCode {
  if (secrets === undefined) return EXIT_CODES.ok;
  if (secrets.searched.length === 0) return EXIT_CODES.usage;
  return secrets.total > 0 ? EXIT_CODES.failed : EXIT_CODES.ok;
}

/** Collects patterns; one between slashes must be a regular expression, and none may be found everywhere. */
function addPattern(text: string, earlier: readonly string[] = []): readonly string[] {
  if (fitsEmptyText(text)) throw new InvalidArgumentError('It fits the empty text, which is everywhere.');
  return [...earlier, text];
}

function fitsEmptyText(text: string): boolean {
  try {
    const pattern = parsePattern(text);
    return typeof pattern === 'string' ? pattern === '' : pattern.test('');
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}
