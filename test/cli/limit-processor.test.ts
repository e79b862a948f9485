import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { launcher, repository } from '../support/paths.js';
import { type Ended, runToEnd } from '../support/start.js';

const LOADER = '/lib64/ld-linux-x86-64.so.2';

/** Where the loader of glibc tells what it uses, by the name of a feature: leaf, register, bit. */
const IN_GLIBC = {
  sse4_2: ['0', '2', 20],
  fma: ['0', '2', 12],
  avx: ['0', '2', 28],
  avx2: ['1', '1', 5],
  bmi2: ['1', '1', 8],
  avx512f: ['1', '1', 16],
} as const;

function limit(t: TestContext, choice: string, command: readonly string[]): Promise<Ended> {
  const script = `limits=$("$0" "$1" "$2") || exit $?; eval "$limits"; shift 2; ${command.join(' ')}`;
  return runToEnd(t, [
    'sh',
    '-c',
    script,
    process.execPath,
    join(repository, 'dist/cli/limit-processor.js'),
    choice,
  ]);
}

const withoutLoader = existsSync(LOADER) ? false : `${LOADER} does not exist`;

test('glibc uses none of the features that a generic processor lacks', { skip: withoutLoader }, async (t) => {
  const used = async (choice: string): Promise<readonly string[]> => {
    const { stdout } = await limit(t, choice, [LOADER, '--list-diagnostics']);
    return Object.entries(IN_GLIBC)
      .filter(([, [leaf, register, bit]]) => (activeWord(stdout, leaf, register) >>> bit) & 1)
      .map(([name]) => name);
  };
  const native = await used('native');
  assert.ok(native.includes('sse4_2'), 'this processor is none that Node.js runs well on');
  assert.deepEqual(await used('generic'), ['sse4_2']);
  const { stdout } = await runToEnd(t, [launcher, '--cpu-features']);
  assert.deepEqual(await used(stdout.trim()), native);
});

/** A word of CPUID as glibc uses it: `active` since 2.36, `usable` before. */
function activeWord(diagnostics: string, leaf: string, register: string): number {
  const pattern = new RegExp(`features\\[0x${leaf}\\]\\.(?:active|usable)\\[0x${register}\\]=(0x[0-9a-f]+)`);
  return Number(pattern.exec(diagnostics)?.[1] ?? assert.fail('the loader says nothing of features'));
}

test('V8 and OpenSSL are told as well', async (t) => {
  const { stdout } = await limit(t, 'generic', ['"$0"', '$v8_options', '-p', '"process.execArgv.join()"']);
  assert.match(stdout, /--no-enable-avx,.*--no-enable-avx2,.*--no-enable-bmi2/);
  assert.doesNotMatch(stdout, /sse4/);
  const { stdout: openssl } = await limit(t, 'generic', ['echo', '"$OPENSSL_ia32cap"']);
  const [first = 0n, second = 0n] = openssl.split(':').map((word) => BigInt(word.replace('~', '')));
  assert.equal((first >> 60n) & 1n, 1n, 'avx, as the manual of OpenSSL numbers it');
  assert.equal((first >> 57n) & 1n, 0n, 'aes');
  assert.equal((second >> 5n) & 1n, 1n, 'avx2');
});

test('what is neither a name nor a mask is refused', async (t) => {
  const { stdout, stderr, code } = await limit(t, 'avx', ['echo', 'run']);
  assert.deepEqual([stdout, code], ['', 64]);
  assert.match(stderr, /^crac: --cpu-features needs native, generic, ignore or a mask .*, not 'avx'\.\n$/);
});

test('crac check --cpu-features prints what a processor offers, and what it has in common with others', async (t) => {
  const check = (...words: readonly string[]): Promise<Ended> =>
    runToEnd(t, [
      process.execPath,
      join(repository, 'dist/cli/main.js'),
      'check',
      '--cpu-features',
      ...words,
    ]);
  const own = (await runToEnd(t, [launcher, '--cpu-features'])).stdout;
  assert.equal((await check()).stdout, own);
  const common = (await check('01', 'ffff', '--json')).stdout;
  assert.deepEqual(JSON.parse(common), { features: `01${'0'.repeat(78)}` });
  assert.equal((await check('sse')).code, 64);
});
