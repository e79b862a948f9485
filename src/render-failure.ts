import type { DescribedError } from './errors.js';

/** Renders an exception, its members and its causes as an indented tree, one line each. */
export function renderFailure(error: DescribedError, withStacks: boolean): string {
  return failureLines(error, '', '', withStacks).join('\n');
}

function failureLines(
  error: DescribedError,
  label: string,
  indent: string,
  withStacks: boolean,
): readonly string[] {
  const deeper = `${indent}  `;
  const stack = withStacks && error.stack ? frames(error.stack).map((frame) => `${deeper}  ${frame}`) : [];
  return [
    `${indent}${label}${headline(error)}`,
    ...stack,
    ...reasons(error, deeper, withStacks),
    ...heap(error, indent),
  ];
}

/** Where the heap of a failed checkpoint was written to. */
function heap({ details }: DescribedError, indent: string): readonly string[] {
  const { heapSnapshot } = (details ?? {}) as { readonly heapSnapshot?: string };
  return heapSnapshot === undefined ? [] : [`${indent}The heap as it was then is in ${heapSnapshot}`];
}

/** A collecting exception has members, every other one at most a cause. */
function reasons(
  { errors = [], cause, details }: DescribedError,
  indent: string,
  withStacks: boolean,
): readonly string[] {
  if (errors.length === 0)
    return cause === undefined ? [] : failureLines(cause, 'caused by ', indent, withStacks);
  return errors.flatMap((member, index) =>
    failureLines(member, memberLabel(details, index), indent, withStacks),
  );
}

function memberLabel(details: unknown, index: number): string {
  const { resources } = (details ?? {}) as { readonly resources?: readonly (string | null)[] };
  const resource = resources?.[index] ?? undefined;
  return resource === undefined ? '- ' : `- [${resource}] `;
}

function headline({ name, code, message, errors = [] }: DescribedError): string {
  const [summary = ''] = errors.length === 0 ? [message] : message.split(/, for \d+ reasons:|: /);
  const text = summary.replace(/\s*\n\s*/g, ' ').trim();
  const kind = code === undefined ? name : `${name} [${code}]`;
  return text === '' ? kind : `${kind}: ${text}`;
}

function frames(stack: string): readonly string[] {
  return stack
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.startsWith('at '));
}
