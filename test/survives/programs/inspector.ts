/** Inspector sessions from before answer after, and the inspector can be opened and closed after the restore. */
import assert from 'node:assert/strict';
import inspector from 'node:inspector';
import { Session } from 'node:inspector/promises';
import { checkpoint, pass } from '../../support/program.js';

const session = new Session();
session.connect();
await session.post('Runtime.enable');
await session.post('Profiler.enable');

await checkpoint();

const { result } = await session.post('Runtime.evaluate', { expression: '6 * 7' });
assert.equal(result.value, 42);
await session.post('Profiler.start');
for (let index = 0; index < 1e5; index++) Math.sqrt(index);
assert.ok((await session.post('Profiler.stop')).profile.nodes.length > 0);
session.disconnect();
inspector.open(0, '127.0.0.1');
const url = new URL(inspector.url() ?? '');
const list = (await (await fetch(`http://${url.host}/json/list`)).json()) as {
  webSocketDebuggerUrl: string;
}[];
assert.equal(list[0]?.webSocketDebuggerUrl, url.href);
inspector.close();
assert.equal(inspector.url(), undefined);
pass();
process.exit();
