import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** A fresh private folder that is deleted when the test ends. */
export function scratch(t: Pick<TestContext, 'after'>): string {
  const folder = mkdtempSync(join(tmpdir(), 'node-crac-test-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
