import type { StdioOptions } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { compiled } from './paths.js';
import type { Running } from './start.js';

/** The program that connects a command with a terminal or with pipes; see terminal.c. */
export const TERMINAL: string = `${compiled}support/terminal`;

/** Options of a start on a terminal with 91 columns and 17 rows. Echo and line ends are those of a usual terminal. */
export const ON_TERMINAL: {
  readonly wrapper: readonly string[];
  readonly stdio: StdioOptions;
  readonly env: Readonly<Record<string, string>>;
} = {
  wrapper: [TERMINAL, 'ttt', '91x17'],
  stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
  env: { TERM: 'xterm-256color', TERMINAL: 'usual' },
};

/** The terminal behind a program that was started on one. */
export interface Terminal {
  /** Types keys. */
  type(keys: string): void;
  /** Makes it ten columns wider. */
  widen(): void;
  /** Its mode now: `cooked` or `raw`, and whether it shows what is typed. */
  mode(): Promise<string>;
  /** Its mode when the program had ended. */
  lastMode(): Promise<string>;
}

/** Takes hold of the terminal that a program runs on. */
export function terminalOf({ child, ended }: Running): Terminal {
  const control = child.stdio[3] as Duplex;
  let told = '';
  control.setEncoding('utf8').on('data', (text: string) => {
    told += text;
  });
  const next = async (): Promise<string> => {
    while (!told.includes('\n')) await new Promise((resolve) => control.once('data', resolve));
    const [line = '', ...rest] = told.split('\n');
    told = rest.join('\n');
    return line;
  };
  return {
    type: (keys) => void child.stdin?.write(keys),
    widen: () => void control.write('+'),
    mode() {
      control.write('?');
      return next();
    },
    async lastMode() {
      await ended;
      return next();
    },
  };
}
