import { END, freeze } from './freeze.js';

const MEGABYTE = 1 << 20;
const BLOCK_MEGABYTES = 64;

const blocks = allocate(Number(process.env.BENCH_MEGABYTES));
const { write } = await freeze();
write(`${touch(blocks)}${END}`);
process.exit(0);

/** Live buffers, every byte written. */
function allocate(megabytes) {
  const blocks = [];
  for (let left = megabytes; left > 0; left -= BLOCK_MEGABYTES) {
    const block = Buffer.allocUnsafeSlow(Math.min(left, BLOCK_MEGABYTES) * MEGABYTE);
    block.fill(1 + (blocks.length % 200));
    blocks.push(block);
  }
  return blocks;
}

/** Reads and changes one byte of every megabyte; gives the number of those that held what was written. */
function touch(blocks) {
  let right = 0;
  for (const [index, block] of blocks.entries()) {
    for (let at = 0; at < block.length; at += MEGABYTE) {
      if (block[at] === 1 + (index % 200)) right++;
      block[at] = 0;
    }
  }
  return right;
}
