import { openSync, readFileSync, writeSync } from 'node:fs';

const GAP_MILLISECONDS = 1000;
const LIFE_MILLISECONDS = 120_000;

/**
 * The point at which a program of the benchmark is written to disk. What comes back goes on here, says so with one `!`, and gets its
 * arguments. `BENCH_ENGINE` chooses how: `none` goes straight on, `native` calls node-crac, and `criu` waits for somebody else to take
 * the process away, which it notices by the gap in wall-clock time (CRIU lets the monotonic clock go on without one). Nothing is written first,
 * so that V8 has compiled `writeSync()`: that is the clock's part, and no restore.
 *
 * @returns {Promise<{ args: readonly string[], write(text: string): void }>}
 */
export async function freeze() {
  writeSync(1, '');
  const fd = await travel[process.env.BENCH_ENGINE ?? 'none']();
  writeSync(fd, '!');
  return { args: readArguments(), write: (text) => writeAll(fd, Buffer.from(text)) };
}

/** Ends the program's output; the stopwatch waits for this byte. */
export const END = '\u0004';

const travel = {
  none: async () => 1,
  native: async () => {
    const { checkpointRestore } = await import('../../dist/management.js');
    await checkpointRestore({ directory: process.env.BENCH_IMAGE });
    return 1;
  },
  criu: async () => {
    process.stdout.write('ready\n');
    await gap();
    return openSync(process.env.BENCH_FIFO, 'w');
  },
};

function gap() {
  return new Promise((resolve) => {
    const end = Date.now() + LIFE_MILLISECONDS;
    let last = Date.now();
    const look = () => {
      const now = Date.now();
      if (now - last > GAP_MILLISECONDS) return resolve();
      if (now > end) process.exit(1);
      last = now;
      setImmediate(look);
    };
    look();
  });
}

function readArguments() {
  if (process.env.BENCH_ENGINE !== 'criu') return process.argv.slice(2);
  return JSON.parse(readFileSync(process.env.BENCH_ARGUMENTS, 'utf8'));
}

function writeAll(fd, bytes) {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
}
