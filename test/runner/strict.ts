/** Preloaded into every test process: warnings and processes that outlive the tests fail the file. */
import { readdirSync, readFileSync } from 'node:fs';

delete process.env['NODE_OPTIONS'];
delete process.env['NODE_EXTRA_CA_CERTS'];

const warnings: string[] = [];
process.on('warning', (warning) => warnings.push(warning.stack ?? String(warning)));

process.on('exit', () => {
  const complaints = warnings.map((warning) => `Warning: ${warning}`);
  for (const pid of children()) {
    complaints.push(`A child process was left behind: ${pid} ${commandLine(pid)}`);
    process.kill(pid, 'SIGKILL');
  }
  if (complaints.length === 0) return;
  process.stderr.write(`${complaints.join('\n')}\n`);
  process.exitCode = 1;
});

function children(): number[] {
  return readdirSync('/proc/self/task')
    .flatMap((task) => read(`/proc/self/task/${task}/children`).trim().split(' '))
    .filter((pid) => pid !== '')
    .map(Number);
}

function commandLine(pid: number): string {
  return read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim();
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
