/** Writes numbered lines in every way there is, and echoes the lines that it reads, both before and after. */
import { writeFileSync, writeSync } from 'node:fs';
import { checkpoint } from '../../support/program.js';

const { stdin, stdout, stderr } = process;
let text = '';
let hasEnded = false;
let notify = (): void => {};

stdin.setEncoding('utf8').on('data', (chunk: string) => {
  text += chunk;
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
    console.log(`in ${text.slice(0, end)}`);
    text = text.slice(end + 1);
  }
  notify();
});
stdin.on('end', () => {
  console.log(`in ${text}|end`);
  text = '';
  hasEnded = true;
  notify();
});

await say('before');
await input();
await checkpoint();
hasEnded = false;
report();
await say('after');
stdin.resume();
while (!hasEnded) await input();

async function say(when: string): Promise<void> {
  console.log(`${when} out 1`);
  await new Promise((resolve) => stdout.write(`${when} out 2\n`, resolve));
  writeSync(1, `${when} out 3\n`);
  console.error(`${when} err 1`);
  writeSync(2, `${when} err 2\n`);
  await new Promise((resolve) => stderr.write(`${when} err 3\n`, resolve));
  console.log(`${when} out 4`);
}

function input(): Promise<void> {
  return new Promise((resolve) => {
    notify = resolve;
  });
}

function report(): void {
  const [file = ''] = process.argv.slice(2);
  const look = ({ isTTY, columns, rows }: NodeJS.WriteStream) => ({ isTTY, columns, rows });
  const colors = stdout.hasColors?.(256) ?? false;
  const facts = { stdin: stdin.isTTY, stdout: look(stdout), stderr: look(stderr), colors };
  if (file !== '') writeFileSync(file, JSON.stringify(facts));
}
