import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { EXIT_CODES } from '#dist/cli/exit-code.js';
import { createProgram } from '#dist/cli/program.js';
import { repository } from '../support/paths.js';
import { call, makePlace } from './support.js';

const reference = readFileSync(`${repository}docs/reference/cli.md`, 'utf8');
const verbs = createProgram().commands;

test('every verb has a help that names its options, and a chapter in the reference', async (t) => {
  const place = makePlace(t);
  for (const verb of verbs) {
    const help = await call(t, place, verb.name(), '--help');
    assert.deepEqual([help.code, help.stderr], [0, ''], verb.name());
    assert.match(help.stdout, new RegExp(`^Usage: crac ${verb.name()} `));
    const chapter = reference.split(/^## /m).find((text) => text.startsWith(`crac ${verb.name()}\n`)) ?? '';
    for (const option of verb.options) {
      assert.ok(help.stdout.includes(option.flags), `${verb.name()} ${option.flags}`);
      assert.ok(chapter.includes(option.long ?? ''), `the reference explains ${verb.name()} ${option.flags}`);
    }
  }
});

test('the command alone, its help and its version', async (t) => {
  const place = makePlace(t);
  const help = await call(t, place, '--help');
  const text = help.stdout.replaceAll(/\s+/g, ' ');
  for (const verb of verbs) assert.ok(text.includes(verb.summary()), verb.name());
  const { version } = JSON.parse(readFileSync(`${repository}package.json`, 'utf8'));
  assert.equal((await call(t, place, '--version')).stdout, `${version}\n`);
  const alone = await call(t, place);
  assert.deepEqual([alone.code, alone.stdout], [64, '']);
  assert.match(alone.stderr, /^Usage: crac/);
});

test('wrong usage ends with 64 and says what is wrong', async (t) => {
  const place = makePlace(t);
  const cases: [string[], RegExp][] = [
    [['thaw'], /unknown command 'thaw'/],
    [['checkpoint'], /missing required argument 'process'/],
    [['checkpoint', '1', '2'], /too many arguments/],
    [['checkpoint', '1', '--hard'], /unknown option '--hard'/],
    [['checkpoint', '1', '--to', ''], /argument '' is invalid\. It must be a directory/],
    [['checkpoint', '1', '--to', '--keep-running'], /It must be a directory/],
    [['check', '--cpu-features', 'avx'], /--cpu-features must be a mask as .*, but it is avx/],
    [['warm', 'x', '--to='], /It must be a directory/],
    [['checkpoint', '1', '--timeout', 'soon'], /It must be a number of seconds/],
    [['inspect'], /missing required argument 'dir'/],
    [['ps', '--jsn'], /Did you mean --json/],
  ];
  for (const [args, message] of cases) {
    const { code, stdout, stderr } = await call(t, place, ...args);
    assert.deepEqual([code, stdout], [64, ''], args.join(' '));
    assert.match(stderr, /^crac: /);
    assert.match(stderr, message);
    assert.doesNotMatch(stderr, /\n\s+at /);
  }
});

test('with --json a failure is one JSON value too, and the sentence is said all the same', async (t) => {
  const place = makePlace(t);
  const cases: [string[], number, RegExp][] = [
    [['checkpoint', 'nobody'], 69, /^No process "nobody"/],
    [['status', 'nobody'], 69, /^No process "nobody"/],
    [['inspect', 'nothing'], 66, /^There is no readable image/],
    [['checkpoint'], 64, /^missing required argument/],
    [['prepare', '1', '--timeout', 'soon'], 64, /It must be a number of seconds/],
  ];
  for (const [args, exitCode, message] of cases) {
    const { code, stdout, stderr } = await call(t, place, ...args, '--json');
    const { kind, error } = JSON.parse(stdout);
    assert.deepEqual([code, kind], [exitCode, 'failed'], args.join(' '));
    assert.match(error.message, message);
    assert.ok(stderr.startsWith(`crac: ${error.message}\n`), stderr);
  }
  const behind = await call(t, place, 'resume', 'nobody', '--', '--json');
  assert.deepEqual([behind.code, behind.stdout], [69, '']);
});

test('every exit code is in the reference', () => {
  const listed = [...reference.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));
  assert.deepEqual(listed, Object.values(EXIT_CODES));
});
