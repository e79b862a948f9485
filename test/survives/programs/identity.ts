/** Prints what the process says of itself after the restore, as JSON. */
import { availableParallelism, homedir, hostname, userInfo } from 'node:os';
import { checkpoint } from '../../support/program.js';

const { env } = process;
env['SET_BY_PROGRAM'] = 'own';
env['SET_BY_BOTH'] = 'own';
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
    env,
    umask: process.umask(),
    hours: new Date(0).getHours(),
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    home: homedir(),
    parallelism: availableParallelism(),
    uid: process.getuid?.(),
    user: userInfo().username,
    execPath: process.execPath,
    uptime: process.uptime(),
    hostname: hostname(),
    arch: process.arch,
    versions: process.versions.node,
  })}\n`,
);
