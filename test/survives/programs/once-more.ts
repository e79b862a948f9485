/** Says whether it was started or restored and with which arguments. First argument: `checkpoint`, `listen` (on the port behind it) or `wait`. */
import { readdirSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { checkpointRestore } from 'node-crac/management';

const [, , action, port = '0'] = process.argv;

if (action === 'wait') {
  setTimeout(lookAtDescriptors, 300);
} else {
  if (action === 'listen')
    await new Promise<void>((resolve) => server().listen(Number(port), '127.0.0.1', resolve));
  process.stdout.write(action === 'checkpoint' ? 'started\n' : '');
  await checkpointRestore();
  process.stdout.write(`restored ${JSON.stringify(process.argv.slice(2))}\n`);
}

function server(): ReturnType<typeof createServer> {
  return createServer().unref();
}

/** What is open, without numbers: Node itself has files open for a moment while it starts. */
function lookAtDescriptors(): void {
  const fds = readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [`${readlinkSync(`/proc/self/fd/${fd}`).replace(/\d+/g, 'N')}`];
    } catch {
      return [];
    }
  });
  process.stdout.write(`waiting\n${JSON.stringify({ fds: fds.sort(), pid: process.pid })}\n`);
  setTimeout(() => {}, 500);
}
