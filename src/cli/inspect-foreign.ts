import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cracError } from '../errors.js';
import type { Manifest } from '../image/manifest.js';
import { readImageSummary } from '../image/read-summary.js';
import type { Scores } from '../image/score.js';
import { parseTags, TAGS_FILE } from '../image/tags.js';
import { renderLabels, renderScores } from './render-image.js';
import { formatTable, printJson, printLine } from './terminal.js';
import { formatSize } from './units.js';

/** What `crac inspect` was told that takes the content of an image, which only that engine knows. */
export interface ForeignFlags {
  readonly checksums?: true;
  readonly grepSecrets?: true;
  readonly json?: true;
}

/**
 * Shows what every engine says of its images: manifest, labels and scores.
 *
 * @throws {CracException} `ERR_CRAC_ENGINE_LACKS`
 */
export async function inspectForeign(
  directory: string,
  manifest: Manifest,
  scores: Scores,
  flags: ForeignFlags,
): Promise<void> {
  const { engine } = manifest;
  if (flags.checksums) throw cracError('ERR_CRAC_ENGINE_LACKS', { engine, capability: '--checksums' });
  if (flags.grepSecrets) throw cracError('ERR_CRAC_ENGINE_LACKS', { engine, capability: '--grep-secrets' });
  const { size } = await readImageSummary(directory);
  const { labels } = parseTags(await readFile(join(directory, TAGS_FILE), 'utf8').catch(() => ''));
  if (flags.json) {
    printJson({ directory, size, scores, labels, manifest });
    return;
  }
  const { node, process } = manifest;
  const summary = formatTable(
    ['IMAGE', directory],
    [
      ['id', manifest.id],
      ['created', manifest.createdAt],
      ['generation', String(manifest.generation)],
      ['engine', `${engine} (node-crac ${manifest.package})`],
      ['node', `${node.version} ${node.platform}-${node.arch} ${node.execPath}`],
      ['process', `${process.pid} ${process.argv.join(' ')}`],
      ['cwd', process.cwd],
      ['size', formatSize(size)],
    ],
  );
  printLine([summary, renderLabels(labels), renderScores(scores)].join('\n\n'));
}
