import type { Image } from '../image/image.js';
import { type Needle, needlesOfPattern, needlesOfText } from '../image/needles.js';
import { type SecretHit, searchImage } from '../image/search-image.js';
import { formatTable } from './terminal.js';

/** What to search for, as the command line says it. */
export interface SecretChoice {
  readonly pattern?: readonly string[];
  readonly env?: string;
}

/** What a search found. */
export interface SecretReport {
  /** What was searched for, by labels. */
  readonly searched: readonly string[];
  /** What was not, and why; one sentence each. */
  readonly skipped: readonly string[];
  /** The first places of each secret, for each form and kind of memory. */
  readonly hits: readonly SecretHit[];
  /** How many places there are in all. */
  readonly total: number;
}

/** Names of variables that hold secrets, if nothing else is chosen. */
const SECRET_NAME = /(?:^|_)(?:KEY|TOKEN)$|PASSWORD|PASSWD|PASSPHRASE|SECRET|CREDENTIAL/i;

/** Shorter values are found everywhere. */
const SHORTEST_VALUE = 4;

/** How many places are listed of one secret in one form in one kind of memory. */
const LISTED = 10;

/** Searches an image for patterns and for values of variables of this command's environment. */
export async function grepSecrets(
  directory: string,
  image: Image,
  choice: SecretChoice,
): Promise<SecretReport> {
  const { needles, searched, skipped } = chooseNeedles(choice, process.env);
  const counts = new Map<string, number>();
  const hits: SecretHit[] = [];
  let total = 0;
  for await (const hit of searchImage(directory, image, needles)) {
    const kind = `${hit.label} ${hit.form} ${hit.place}`;
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    total += 1;
    if (count <= LISTED) hits.push(hit);
  }
  return { searched, skipped, hits, total };
}

/** A pattern of the command line: a text, or a regular expression between slashes. */
export function parsePattern(text: string): string | RegExp {
  const [, source, flags] = text.match(/^\/(.+)\/([a-z]*)$/s) ?? [];
  return source === undefined ? text : new RegExp(source, flags);
}

/** The result for people. */
export function renderSecrets({ searched, skipped, hits, total }: SecretReport): string {
  const rows = hits.map(({ label, form, address, offset, place }) => [
    label,
    form,
    address === undefined ? `file offset ${offset}` : `0x${address.toString(16)}`,
    place,
  ]);
  const table = rows.length === 0 ? [] : [formatTable(['SECRET', 'FORM', 'ADDRESS', 'IN'], rows)];
  const found =
    searched.length === 0
      ? 'Secrets: nothing to search for; give --pattern, or name variables that are set by --env.'
      : total === 0
        ? `Secrets: none of ${searched.length} found.`
        : `Secrets: ${total} place${total === 1 ? '' : 's'}${total > hits.length ? `, of which the first ${hits.length} are listed` : ''}.`;
  return [...skipped, ...table, found].join('\n');
}

function chooseNeedles(
  { pattern = [], env }: SecretChoice,
  environment: NodeJS.ProcessEnv,
): { needles: Needle[]; searched: string[]; skipped: string[] } {
  const needles: Needle[] = [];
  const searched: string[] = [];
  const skipped: string[] = [];
  const add = (label: string, more: readonly Needle[]): void => {
    searched.push(label);
    needles.push(...more);
  };
  pattern.forEach((text, index) => {
    const label = `pattern ${index + 1}`;
    const parsed = parsePattern(text);
    add(label, typeof parsed === 'string' ? needlesOfText(label, parsed) : needlesOfPattern(label, parsed));
  });
  const chosen = env?.split(',') ?? (pattern.length > 0 ? [] : secretNames(environment));
  for (const name of chosen) {
    const value = environment[name] ?? '';
    if (value.length >= SHORTEST_VALUE) add(name, needlesOfText(name, value));
    else
      skipped.push(
        `${name} is ${value === '' ? 'not set' : `shorter than ${SHORTEST_VALUE} characters`} and was not searched for.`,
      );
  }
  return { needles, searched, skipped };
}

function secretNames(environment: NodeJS.ProcessEnv): string[] {
  return Object.keys(environment).filter((name) => SECRET_NAME.test(name));
}
