/** What each part of a pattern stands for. */
const PARTS: readonly [part: RegExp, meaning: (text: string) => string][] = [
  [/\*\*/y, () => '.*'],
  [/\*/y, () => '[^/]*'],
  [/\?/y, () => '[^/]'],
  [/\[!?[^\]/]+\]/y, (text) => text.replace(/^\[!/, '[^').replaceAll('\\', '\\\\')],
  [/\{[^{}]*\}/y, (text) => `(?:${text.slice(1, -1).split(',').map(translate).join('|')})`],
  [/[\s\S]/y, (text) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')],
];

/** A pattern of paths as the regular expression for a whole path. */
export function toExpression(pattern: string): RegExp {
  return new RegExp(`^${translate(pattern)}$`, 's');
}

function translate(pattern: string): string {
  let result = '';
  for (let at = 0; at < pattern.length; ) {
    for (const [part, meaning] of PARTS) {
      part.lastIndex = at;
      const found = part.exec(pattern)?.[0];
      if (found === undefined) continue;
      result += meaning(found);
      at += found.length;
      break;
    }
  }
  return result;
}
