/** Labels: names and values by which images are told apart. The form of their lists is that of CRaC's `CRaCImageLabels`. */
import { cracError } from '../errors.js';

/** Values by name. */
export type Labels = Readonly<Record<string, string>>;

/** Variables from which labels take their values. */
export type LabelEnvironment = Readonly<Record<string, string | undefined>>;

/** Labels that every image has; nobody else may set them. */
export const OWN_LABELS = ['cpu.arch', 'node.version'] as const;

/** The features of the processor that the image may use, as hexadecimal digits: beside the labels, under a name like theirs. */
export const FEATURES_NAME = 'cpu.features';

/** What a list of labels says. */
export interface LabelList {
  readonly labels: Labels;
  /** Variables that are not set; their labels are left out. One sentence each. */
  readonly warnings: readonly string[];
}

/** Splits a list of an environment variable: at line ends when it has any, so that values can hold commas, else at commas. */
export function splitLabels(list: string): readonly string[] {
  return list.split(list.includes('\n') ? '\n' : ',').filter((label) => label !== '');
}

/**
 * Reads labels that are made or required: `name=value`, `name=$VARIABLE`, or `NAME` for the variable of that name. Of several with the same name the last counts.
 *
 * @throws {CracException} `ERR_CRAC_LABEL_INVALID`
 */
export function parseLabels(
  list: readonly string[],
  env: LabelEnvironment,
  use: 'made' | 'required' = 'made',
): LabelList {
  const labels: Record<string, string> = Object.create(null);
  const warnings: string[] = [];
  for (const label of list) {
    const { name, value, variable } = resolveLabel(label, env);
    if (value !== undefined) labels[name] = value;
    else
      warnings.push(
        `Label "${name}" is ${use === 'made' ? 'left out' : 'not required'}: the environment variable ${variable} is not set.`,
      );
  }
  return { labels: use === 'made' ? checkLabels(labels) : labels, warnings };
}

function resolveLabel(
  label: string,
  env: LabelEnvironment,
): { readonly name: string; readonly value: string | undefined; readonly variable: string } {
  const sign = label.indexOf('=');
  const name = sign === -1 ? label : label.slice(0, sign);
  const text = label.slice(sign + 1);
  if (sign !== -1 && !text.startsWith('$')) return { name, value: text, variable: '' };
  const variable = sign === -1 ? name : text.slice(1);
  return { name, value: env[variable], variable };
}

/**
 * Refuses what no image can hold; the same labels otherwise.
 *
 * @throws {CracException} `ERR_CRAC_LABEL_INVALID`
 */
export function checkLabels(labels: Labels): Labels {
  for (const [name, value] of Object.entries(labels)) {
    const reason = problemOf(name, value);
    if (reason !== undefined) throw cracError('ERR_CRAC_LABEL_INVALID', { name, reason });
  }
  return labels;
}

const LONGEST = 4096;

function problemOf(name: string, value: unknown): string | undefined {
  if (typeof value !== 'string') return 'its value is not a string';
  if (name === '') return 'it has no name';
  if (/[=\n\0]/.test(name)) return 'its name holds "=", a line end or a zero byte';
  if (/[\n\0]/.test(value)) return 'its value holds a line end or a zero byte';
  if (name.length + value.length > LONGEST) return `it is longer than ${LONGEST} characters`;
  if (name === FEATURES_NAME || (OWN_LABELS as readonly string[]).includes(name))
    return 'node-crac sets it itself';
  return undefined;
}
