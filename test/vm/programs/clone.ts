/**
 * Runs in a virtual machine. Is prepared by the signal USR2, and tells with which random values it goes on in each copy of the machine, prepared or
 * not.
 *
 * `plain` lies in memory like any value of a program; `secret` does not when the process is prepared. Both are printed in hexadecimal, so that
 * their bytes are nowhere else.
 */
import crypto from 'node:crypto';
import { createContext, runInContext, runInNewContext } from 'node:vm';
import { getGlobalContext, Secret } from 'node-crac';
import { prepare } from 'node-crac/management';
import { watchVmGeneration } from 'node-crac/sources';

const [, , name] = process.argv;
const context = createContext({});
const plain = crypto.randomBytes(32);
const value = crypto.randomBytes(32);
const secretText = value.toString('hex');
const secret = await Secret.from(() => value);

function say(word: string, about: object): void {
  process.stdout.write(`${word} ${name} ${JSON.stringify(about)}\n`);
}

function draw(): Readonly<Record<string, string>> {
  return {
    'Math.random()': String(Math.random()),
    'Math.random() of a context': String(runInContext('Math.random()', context)),
    'Math.random() of a new context': String(runInNewContext('Math.random()')),
    'crypto.randomBytes()': crypto.randomBytes(16).toString('hex'),
    'crypto.randomUUID()': crypto.randomUUID(),
    'crypto.randomInt()': String(crypto.randomInt(2 ** 47)),
    'crypto.getRandomValues()': crypto.getRandomValues(new Uint32Array(4)).join(),
  };
}

getGlobalContext().register({
  beforeCheckpoint() {},
  afterRestore: (_context, { restored }) => say('told', { restored, drawn: draw() }),
});

const { ways } = watchVmGeneration({
  onEvent({ kind, error }) {
    say('event', { kind, error: error?.message });
    if (kind === 'renewed') say('told', { restored: false, drawn: draw() });
  },
});
process.on('SIGUSR2', () => void prepare().then(() => say('prepared', {})));
process.on('exit', (code) => say('ended', { code }));
setInterval(() => [plain, secret], 60_000);
draw();
say('ready', { ways, plain: plain.toString('hex'), secret: secretText });
