/** Uses the terminal in the way that the first argument names. */
import { createInterface } from 'node:readline';
import repl from 'node:repl';
import { inspect, styleText } from 'node:util';
import { checkpoint } from '../../support/program.js';

const { stdin, stdout } = process;
const [way = ''] = process.argv.slice(2);

const WAYS: Record<string, () => Promise<void>> = {
  async raw() {
    stdin.setRawMode(true);
    stdin.setEncoding('utf8').on('data', (key: string) => {
      console.log(`key ${key}`);
      if (key === 'x') process.exit(7);
    });
    await checkpoint();
    console.log(`raw ${stdin.isRaw}`);
  },

  async readline() {
    const lines = createInterface({ input: stdin, output: stdout, prompt: 'ask> ' });
    lines.on('line', (line) => {
      console.log(`line ${line}`);
      if (line === 'freeze') setImmediate(() => void checkpoint());
      else if (line === 'stop') lines.close();
      else lines.prompt();
    });
    lines.prompt();
  },

  async repl() {
    const { context } = repl.start({ prompt: 'repl> ', useGlobal: false });
    context['freeze'] = (): void => void setImmediate(() => void checkpoint());
  },

  async size() {
    await checkpoint();
    stdout.on('resize', () => console.log(`resized to ${stdout.columns}`));
    console.log(`columns ${stdout.columns}`);
    stdin.once('data', () => stdin.pause());
  },

  async colors() {
    console.log('warm', { number: 1 });
    await checkpoint();
    console.log({ number: 1 });
    const style = styleText as (format: 'red', text: string, options: object) => string;
    console.log(style('red', 'styled', { stream: stdout, validateStream: true }));
    console.log(`depth ${stdout.getColorDepth?.()} ${stdout.hasColors?.()} ${inspect(stdout.isTTY)}`);
  },
};

await WAYS[way]?.();
