import { resolve } from 'node:path';
import { Command } from 'commander';
import { readImage } from '../image/read-image.js';
import { EXIT_CODES } from './exit-code.js';
import { inspectFiles } from './inspect-files.js';
import { renderImage } from './render-image.js';
import { complain, printJson, printLine } from './terminal.js';
import { verifyChecksums } from './verify-checksums.js';

interface InspectOptions {
  readonly checksums?: true;
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
    .option('--json', 'print everything as JSON')
    .action(inspect);
}

async function inspect(path: string, options: InspectOptions): Promise<void> {
  const directory = resolve(path);
  const image = await readImage(directory);
  const files = await inspectFiles(directory, image);
  const checksums = options.checksums ? await verifyChecksums(directory) : undefined;
  if (options.json)
    printJson({ directory, ...files, ...(checksums === undefined ? {} : { checksums }), image });
  else printLine(renderImage(directory, image));
  for (const problem of files.problems) complain(problem);
  if (checksums !== undefined && !checksums.ok) complain(checksums.problem);
  if (checksums?.ok && !options.json) printLine('Checksums: all match.');
  const sound = files.problems.length === 0 && (checksums?.ok ?? true);
  process.exitCode = sound ? EXIT_CODES.ok : EXIT_CODES.damaged;
}
