/**
 * Prints, as one line of JSON, which random values the process would have drawn when it was prepared, and which it draws when it goes on. A copy made by
 * fork() says the first. Arguments: the addon that makes it, and how the process goes on.
 */
import { randomInt, randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createContext, runInContext } from 'node:vm';
import { getGlobalContext } from 'node-crac';
import { prepare, renewRandomness, resume } from 'node-crac/management';

interface Forking {
  fork(): number;
  exit(): void;
  wait(pid: number): void;
}

const [path = '', file = '', course = ''] = process.argv.slice(2);
const COUNT = 150;
const DRAW = `Array.from({ length: ${COUNT} }, () => Math.random())`;
const { random } = Math;
const used = createContext();
const fresh = createContext();
runInContext('Math.random()', used);
draw();

const told = new Promise<void>((resolve) => {
  getGlobalContext().register({ beforeCheckpoint() {}, afterRestore: () => resolve() });
});
if (course !== 'unprepared') await prepare(course === 'deadline' ? { deadline: 1 } : {});
const foreseen = foresee();
await goOn();
console.log(JSON.stringify({ foreseen, drawn: draw() }));

async function goOn(): Promise<void> {
  if (course === 'restored') await resume({});
  if (course === 'original') await resume();
  if (course === 'unprepared') renewRandomness();
  if (course === 'deadline') await told;
}

/** What a copy of this process draws. */
function foresee(): unknown {
  const { fork, exit, wait } = createRequire(import.meta.url)(path) as Forking;
  const pid = fork();
  if (pid === 0) {
    writeFileSync(file, JSON.stringify(draw()));
    exit();
  }
  wait(pid);
  return JSON.parse(readFileSync(file, 'utf8'));
}

function draw(): Readonly<Record<string, readonly unknown[]>> {
  return {
    'Math.random': Array.from({ length: COUNT }, () => Math.random()),
    'captured reference': Array.from({ length: COUNT }, () => random()),
    'used context': runInContext(DRAW, used),
    'fresh context': runInContext(DRAW, fresh),
    'later context': runInContext(DRAW, createContext()),
    randomUUID: Array.from({ length: COUNT }, () => randomUUID()),
    randomInt: Array.from({ length: COUNT }, () => randomInt(2 ** 47)),
  };
}
