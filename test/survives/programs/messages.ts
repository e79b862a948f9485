/** Events, channels and broadcast channels within the process go on. */
import assert from 'node:assert/strict';
import { channel } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { checkpoint, pass } from '../../support/program.js';

const { port1, port2 } = new MessageChannel();
const sender = new BroadcastChannel('test');
const receiver = new BroadcastChannel('test');
const target = new EventTarget();
const controller = new AbortController();
const aborted = once(controller.signal, 'abort');
const heard: unknown[] = [];
target.addEventListener('event', (event) => heard.push(event.type));
channel('test').subscribe((message) => heard.push(message));
port1.postMessage('queued before');

await checkpoint();

assert.equal(await messageOf(port2 as unknown as EventTarget), 'queued before');
const broadcast = messageOf(receiver as unknown as EventTarget);
sender.postMessage('to all');
assert.equal(await broadcast, 'to all');
target.dispatchEvent(new Event('event'));
channel('test').publish('published');
controller.abort();
await aborted;
assert.deepEqual(heard, ['event', 'published']);
port1.close();
sender.close();
receiver.close();
pass();

function messageOf(source: EventTarget): Promise<unknown> {
  return new Promise((resolve) => {
    const hear = (event: Event): void => resolve((event as Event & { data: unknown }).data);
    source.addEventListener('message', hear, { once: true });
  });
}
