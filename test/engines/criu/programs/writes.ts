/** Writes to a file that is open at its checkpoint, before and after that; `FILE` names it and `FLAGS` says how it is opened. */
import { openSync, writeSync } from 'node:fs';
import { checkpointRestore } from 'node-crac/management';

const { FILE: path = '', FLAGS: flags = 'a' } = process.env;
const fd = openSync(path, flags);
writeSync(fd, 'before\n');
await checkpointRestore({ policies: [{ type: 'file', path, action: 'reopen', warn: false }] });
writeSync(fd, 'after\n');
