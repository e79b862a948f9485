/** Child processes can be started after the restore, in every way. */
import assert from 'node:assert/strict';
import { execFile, execFileSync, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { checkpoint, pass } from '../../support/program.js';

if (process.send)
  process.once('message', (message) => process.send?.(`echo ${message}`, () => process.disconnect()));
else await main();

async function main(): Promise<void> {
  await checkpoint();

  const child = spawn('cat', { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end('through a pipe');
  let text = '';
  for await (const chunk of child.stdout) text += String(chunk);
  assert.equal(text, 'through a pipe');
  const run = promisify(execFile);
  const results = await Promise.all(Array.from({ length: 8 }, (_, index) => run('echo', [String(index)])));
  assert.deepEqual(
    results.map(({ stdout }) => stdout.trim()),
    ['0', '1', '2', '3', '4', '5', '6', '7'],
  );
  assert.equal(execFileSync('echo', ['sync'], { encoding: 'utf8' }), 'sync\n');
  await assert.rejects(run('false'), { code: 1 });
  const forked = fork(fileURLToPath(import.meta.url), { execArgv: [] });
  const [code] = await Promise.all([once(forked, 'exit'), answerOf(forked)]);
  assert.deepEqual(code, [0, null]);
  pass();
}

async function answerOf(forked: ReturnType<typeof fork>): Promise<void> {
  forked.send('hello');
  assert.equal((await once(forked, 'message'))[0], 'echo hello');
}
