import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cracError } from '../errors.js';
import { parseLabels, splitLabels } from '../image/labels.js';
import { missingLabel, parseTags, TAGS_FILE } from '../image/tags.js';
import { complain } from './terminal.js';

/**
 * Refuses an image without the labels of `CRAC_REQUIRED_IMAGE_LABELS` and those that are given. Images of the native engine are looked at by
 * the launcher.
 *
 * @throws {CracException} `ERR_CRAC_LABEL_REQUIRED`
 */
export async function requireLabels(directory: string, given: readonly string[]): Promise<void> {
  const { env } = process;
  for (const list of [splitLabels(env['CRAC_REQUIRED_IMAGE_LABELS'] ?? ''), given]) {
    const { labels, warnings } = parseLabels(list, env, 'required');
    for (const sentence of warnings) complain(sentence);
    if (Object.keys(labels).length === 0) continue;
    const reason = missingLabel(parseTags(await readTags(directory)), labels);
    if (reason !== undefined) throw cracError('ERR_CRAC_LABEL_REQUIRED', { directory, reason });
  }
}

/** An engine that writes no tags has no labels. */
async function readTags(directory: string): Promise<string> {
  try {
    return await readFile(join(directory, TAGS_FILE), 'utf8');
  } catch {
    return '';
  }
}
