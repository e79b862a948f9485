/** Turns `NAME=value` strings into an object; of two with the same name the first counts, as for getenv(3). */
export function parseEnvironment(strings: readonly string[]): Readonly<Record<string, string>> {
  const env: Record<string, string> = Object.create(null);
  for (const text of strings) {
    const end = text.indexOf('=', 1);
    if (end === -1) continue;
    env[text.slice(0, end)] ??= text.slice(end + 1);
  }
  return env;
}
