import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { compiled, repository } from '../support/paths.js';
import { detailsOf, type Explained, startExplained, startServer } from './support.js';

const HOLDS = 'origins/programs/holds';
const { version } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'));

/** Number of the first line of the program that matches. */
function lineOf(pattern: RegExp): number {
  return (
    readFileSync(`${compiled}${HOLDS}.js`, 'utf8')
      .split('\n')
      .findIndex((line) => pattern.test(line)) + 1
  );
}

const LINES: Readonly<Record<string, RegExp>> = {
  'net.Socket': /= connect\(/,
  'fs.WriteStream': /= createWriteStream\(/,
  'dgram.Socket': /= createSocket\(/,
};

describe('a program that collects stacks', () => {
  for (const [way, options, env] of [
    ['crac run --collect-stacks', ['--collect-stacks'], {}],
    ['CRAC_COLLECT_FD_STACKTRACES=1', [], { CRAC_COLLECT_FD_STACKTRACES: '1' }],
  ] as const) {
    it(`says who opened what, where and when, by ${way}`, async (t) => {
      const begin = Date.now();
      const port = String(await startServer(t));
      const { explain, folder, call }: Explained = await startExplained(t, HOLDS, [port], options, env);
      const { obstacles } = await explain();
      const found = obstacles.map(detailsOf);
      const lines = Object.entries({ ...LINES, raw: /= openSync\(/ });
      for (const [holder, pattern] of lines) {
        const details = found.find((each) => each.holder === holder || each.path === join(folder, holder));
        const { location, owner, time = '', stack } = details?.opened ?? {};
        assert.equal(location?.replace(/:\d+$/, ''), `${compiled}${HOLDS}.js:${lineOf(pattern)}`, holder);
        assert.deepEqual(owner, { name: 'node-crac', version });
        assert.match(stack ?? '', /holds\.js/);
        assert.ok(Date.parse(time) >= begin - 1000 && Date.parse(time) <= Date.now(), time);
      }
      const child = obstacles.find(({ error }) => error.code === 'ERR_CRAC_CHILD_PROCESS');
      assert.match(child?.error.message ?? '', /opened by node-crac .*holds\.js:\d+:\d+ \d+ s ago\)/);
      assert.match((await call('explain')).stdout, /opened by node-crac .* at .*holds\.js:\d+:\d+ \d+ s ago/);
    });
  }

  it('is not one unless it was asked for', async (t) => {
    const { explain } = await startExplained(t, HOLDS, [String(await startServer(t))]);
    const { obstacles } = await explain();
    assert.ok(obstacles.length > 0);
    assert.deepEqual(
      obstacles.map(detailsOf).filter(({ opened }) => opened !== undefined),
      [],
    );
  });
});
