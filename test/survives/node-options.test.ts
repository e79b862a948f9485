import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it, type TestContext } from 'node:test';
import { checkpoint, programFile, restore } from '../support/image.js';

const OPTIONS =
  '--stack-trace-limit=3 --title "new title" --dns-result-order=ipv4first --no-network-family-autoselection ' +
  '--tls-min-v1.3 --report-dir=/new --report-on-signal --no-warnings';

describe('NODE_OPTIONS of the restorer', () => {
  it('does what Node.js does when it is started with them', async (t) => {
    const image = await checkpoint(t, 'survives/programs/node-options');
    const started = execFileSync(process.execPath, [programFile('survives/programs/node-options')], {
      env: { WITHOUT_CHECKPOINT: '1', NODE_OPTIONS: OPTIONS },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const { told, stderr } = await ask(t, image, OPTIONS);
    assert.deepEqual(told, JSON.parse(started));
    assert.equal(stderr, '');
  });

  it('makes Node.js say where a warning comes from', async (t) => {
    const image = await checkpoint(t, 'survives/programs/node-options');
    assert.match((await ask(t, image, '--trace-warnings')).stderr, /from the program\n\s+at .*node-options/);
    assert.doesNotMatch((await ask(t, image, '')).stderr, /\n\s+at /);
  });

  it('names in one warning what only a start of Node.js can do, and what is no value', async (t) => {
    const image = await checkpoint(t, 'survives/programs/node-options', {
      env: { NODE_OPTIONS: '--max-http-header-size=20000' },
    });
    const { stderr } = await ask(
      t,
      image,
      '--max-http-header-size=20000 --max-old-space-size=100 --import node-crac/register --dns-result-order=random',
    );
    assert.match(
      stderr,
      /CracWarning: NODE_OPTIONS .*: --max-old-space-size=100 --dns-result-order=random\. Start/,
    );
    assert.equal(stderr.split('CracWarning').length, 2);
  });

  it('is left alone when the environment of the image stays', async (t) => {
    const image = await checkpoint(t, 'survives/programs/node-options');
    const { told } = await ask(t, image, OPTIONS, ['--env', 'image']);
    assert.equal(told['limit'], 10);
  });
});

async function ask(
  t: TestContext,
  image: string,
  NODE_OPTIONS: string,
  options: readonly string[] = [],
): Promise<{ told: Readonly<Record<string, unknown>>; stderr: string }> {
  const { code, stdout, stderr } = await restore(t, image, { options, env: { NODE_OPTIONS } });
  assert.equal(code, 0, stderr);
  return { told: JSON.parse(stdout) as Record<string, unknown>, stderr };
}
