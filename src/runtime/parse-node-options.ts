/** One option of Node, with its value or an empty string. */
export interface NodeOption {
  /** As Node writes it, with dashes: `--stack-trace-limit`. */
  readonly name: string;
  readonly value: string;
}

/** Reads `NODE_OPTIONS`: words, which may stand in double quotes, where a backslash takes the next character as it is. */
export function parseNodeOptions(text: string): readonly NodeOption[] {
  const options: { name: string; value: string }[] = [];
  for (const word of splitWords(text)) {
    const last = options.at(-1);
    if (word.startsWith('-')) options.push(splitOption(word));
    else if (last?.value === '') last.value = word;
  }
  return options;
}

function splitOption(word: string): { name: string; value: string } {
  const end = word.indexOf('=');
  const name = end === -1 ? word : word.slice(0, end);
  return { name: name.replaceAll('_', '-'), value: end === -1 ? '' : word.slice(end + 1) };
}

function splitWords(text: string): readonly string[] {
  const words = text.match(/(?:"(?:\\.|[^"\\])*"|[^\s"])+/g) ?? [];
  return words.map((word) =>
    word.replaceAll(/"((?:\\.|[^"\\])*)"/g, (_, quoted: string) => quoted.replaceAll(/\\(.)/g, '$1')),
  );
}
