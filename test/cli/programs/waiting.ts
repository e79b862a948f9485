/** A program that counts and waits to be asked for a checkpoint. */
let count = 0;
setInterval(() => {
  count += 1;
  console.log(`count ${count} of ${process.pid}, ${process.argv.slice(2).join(' ')}`);
}, 50);
