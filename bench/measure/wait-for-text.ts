import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const LIMIT_MILLISECONDS = 60_000;

/** Waits until a growing file holds the text. */
export async function waitForText(file: string, text: string): Promise<void> {
  for (const limit = Date.now() + LIMIT_MILLISECONDS; ; await sleep(10)) {
    const content = existsSync(file) ? readFileSync(file, 'utf8') : '';
    if (content.includes(text)) return;
    if (Date.now() > limit)
      throw new Error(`${file} does not hold ${JSON.stringify(text)}: ${content.slice(-500)}`);
  }
}
