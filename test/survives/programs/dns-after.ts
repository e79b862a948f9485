/** Names are looked up after the restore, also by a resolver from before it. */
import assert from 'node:assert/strict';
import dns, { lookup } from 'node:dns/promises';
import { checkpoint, pass } from '../../support/program.js';

const resolver = new dns.Resolver({ timeout: 50, tries: 1 });
const servers = resolver.getServers();
assert.ok((await lookup('localhost')).address);
const inFlight = lookup('localhost', { all: true });

await checkpoint();

assert.ok((await inFlight).length > 0);
assert.match((await lookup('localhost')).address, /^(127\.0\.0\.1|::1)$/);
assert.deepEqual(resolver.getServers(), servers);
resolver.setServers(['127.0.0.1:9']);
await assert.rejects(resolver.resolve4('name.invalid'), { syscall: 'queryA' });
pass();
