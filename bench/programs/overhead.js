// Nanoseconds per call of what asks OpenSSL for random bytes; the best of several rounds, for the machine may be busy.
import { randomBytes, randomFillSync, randomUUID } from 'node:crypto';
import { writeSync } from 'node:fs';

const ROUNDS = 15;
const buffer = Buffer.alloc(8192);

const values = {
  randomUUID: best(() => randomUUID(), 20_000),
  'randomBytes(16)': best(() => randomBytes(16), 5000),
  'randomFillSync(8192)': best(() => randomFillSync(buffer), 1000),
};
writeSync(1, `${JSON.stringify(values)}\n`);

function best(call, count) {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round <= ROUNDS; round += 1) {
    const begin = process.hrtime.bigint();
    for (let left = count; left > 0; left -= 1) call();
    const took = Number(process.hrtime.bigint() - begin) / count;
    if (round > 0) least = Math.min(least, took);
  }
  return least;
}
