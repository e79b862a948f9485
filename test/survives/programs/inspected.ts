/** Holds what `crac inspect` tells of: a pool of random bytes, a generator of V8's, servers, files with policies. Arguments: the folder of two files, and the port of a second server. */
import { randomUUID } from 'node:crypto';
import { openSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { checkpointRestore } from 'node-crac/management';

const [, , folder = '', port = ''] = process.argv;

randomUUID();
Math.random();
openSync(join(folder, 'reopened'), 'r');
openSync(join(folder, 'closed'), 'r');
for (const place of [process.env['PORT'], port]) {
  await new Promise((resolve) => createServer().listen(Number(place), '127.0.0.1', () => resolve(undefined)));
}
await checkpointRestore({
  policies: [
    { type: 'file', path: join(folder, 'reopened'), action: 'reopen', warn: false },
    { type: 'file', path: join(folder, 'closed'), action: 'close', warn: false },
  ],
});
process.exit();
