/** The file `tags` of an image, in CRaC's format: what a restorer can ask for before it restores. */
import { FEATURES_NAME, type Labels } from './labels.js';

/** Name of the file inside of an image directory. */
export const TAGS_FILE = 'tags';

/** What an image says of itself to restorers. */
export interface Tags {
  /** Of the image's maker and of node-crac itself. */
  readonly labels: Labels;
  /** Sets of bits, as hexadecimal digits of their bytes. */
  readonly bitmaps: Readonly<Record<string, string>>;
}

/** The runtime that an image belongs to. */
export interface RuntimeFacts {
  readonly arch: string;
  readonly version: string;
}

/** The tags of an image: what holds for its runtime, and the labels of its maker. */
export function createTags(runtime: RuntimeFacts, features: string, labels: Labels): Tags {
  return {
    labels: { 'cpu.arch': runtime.arch, 'node.version': runtime.version, ...labels },
    bitmaps: features === '' ? {} : { [FEATURES_NAME]: features },
  };
}

/** One line for each tag: `label:name=value` or `bitmap:name=hex`. */
export function stringifyTags({ labels, bitmaps }: Tags): string {
  return [...lines('label', labels), ...lines('bitmap', bitmaps)].map((line) => `${line}\n`).join('');
}

/** Reads tags; lines of another kind are passed over. */
export function parseTags(text: string): Tags {
  const labels: Record<string, string> = Object.create(null);
  const bitmaps: Record<string, string> = Object.create(null);
  for (const line of text.split('\n')) {
    const [, kind, name = '', value = ''] = /^(label|bitmap):([^=]+)=(.*)$/s.exec(line) ?? [];
    if (kind === 'label') labels[name] = value;
    if (kind === 'bitmap') bitmaps[name] = value;
  }
  return { labels, bitmaps };
}

/** The first required label that the image does not have so: a clause that names both values; `undefined` when all are there. */
export function missingLabel({ labels }: Tags, required: Labels): string | undefined {
  for (const [name, value] of Object.entries(required)) {
    const found = labels[name];
    if (found === undefined) return `label "${name}" is required to be "${value}" and the image has none`;
    if (found !== value) return `label "${name}" is required to be "${value}" and is "${found}"`;
  }
  return undefined;
}

function lines(kind: string, values: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(values).map(([name, value]) => `${kind}:${name}=${value}`);
}
