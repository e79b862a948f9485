/** Writes to a file that is open at its checkpoint, before and after that; `FILE` names it and `FLAGS` says how it is opened. `OTHER` is opened behind it. */
import { openSync, writeSync } from 'node:fs';
import { checkpointRestore } from 'node-crac/management';

const { FILE: path = '', FLAGS: flags = 'a', OTHER: other } = process.env;
const fd = openSync(path, flags);
if (other !== undefined) openSync(other, 'r');
writeSync(fd, 'before\n');
await checkpointRestore({ policies: [{ type: 'file', action: 'reopen', warn: false }] });
writeSync(fd, 'after\n');
