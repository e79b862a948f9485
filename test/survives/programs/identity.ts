/** Prints what the process says of itself after the restore, as JSON. */
import { hostname } from 'node:os';
import { checkpoint } from '../../support/program.js';

const before = { pid: process.pid, ppid: process.ppid, cwd: process.cwd() };
process.title = 'before';
const restored = await checkpoint();
process.stdout.write(
  `${JSON.stringify({
    before,
    restored,
    pid: process.pid,
    ppid: process.ppid,
    cwd: process.cwd(),
    argv: process.argv,
    env: process.env,
    execPath: process.execPath,
    uptime: process.uptime(),
    hostname: hostname(),
    arch: process.arch,
    versions: process.versions.node,
  })}\n`,
);
