/**
 * A debugger can attach at the same address after the restore, also after a checkpoint that failed. Says where, and asks for a checkpoint at each
 * line of standard input: the first two must be refused, because of an open file and of an attached debugger.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import inspector from 'node:inspector';
import { checkpoint, pass } from '../../support/program.js';
import { assertRefused } from '../../support/refused.js';

const { host } = new URL(inspector.url() ?? '');

const held = openSync(process.execPath, 'r');
await assertRefused('CheckpointOpenFileException', /node/);
closeSync(held);
await assertAnswers();

process.stdout.write(`listening ${inspector.url()}\n`);
await once(process.stdin, 'data');
await assertRefused('CheckpointOpenSocketException', /a debugger is attached, detach it/);
process.stdout.write('refused\n');
await once(process.stdin, 'data');
process.stdin.destroy();

await checkpoint();

await assertAnswers();
inspector.close();
pass();
process.exit();

async function assertAnswers(): Promise<void> {
  assert.equal(new URL(inspector.url() ?? '').host, host);
  const response = await fetch(`http://${host}/json/list`, { headers: { connection: 'close' } });
  const [target] = (await response.json()) as readonly { readonly webSocketDebuggerUrl: string }[];
  assert.equal(target?.webSocketDebuggerUrl, inspector.url());
}
