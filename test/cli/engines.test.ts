import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { programFile } from '../support/image.js';
import { repository } from '../support/paths.js';
import { call, makePlace, type Place } from './support.js';

const LIFE = programFile('engines/programs/life');

/** A place without the stand-in agent. */
function makeRealPlace(t: TestContext): Place {
  const place = makePlace(t);
  return { ...place, env: { ...place.env, CRAC_AGENT: '' } };
}

test('the options of an engine are printed, and an engine that cannot be ends a program before its first line', async (t) => {
  const place = makeRealPlace(t);
  const help = await call(t, place, 'run', '--engine', 'native', '--engine-options', 'help');
  assert.deepEqual([help.code, help.stderr], [0, '']);
  assert.match(help.stdout, /^Engine native: .*\nOPTION .*\nverify +boolean +false +checkpoint /);
  const none = await call(t, place, 'restore', '--engine=pause', '--engine-options=help=x');
  assert.deepEqual([none.code, none.stderr], [0, '']);
  assert.match(none.stdout, /^Engine pause: .*\nIt has no options\.\n$/);
  const unknown = await call(t, place, 'run', '--engine', 'warp', LIFE);
  assert.deepEqual([unknown.code, unknown.stdout], [64, '']);
  assert.match(unknown.stderr, /^crac: Cannot use engine warp: it is neither one of native, /);
  const wrong = await call(t, place, 'run', '--engine-options', 'verify=maybe', LIFE);
  assert.deepEqual([wrong.code, wrong.stdout], [64, '']);
  assert.match(wrong.stderr, /^crac: Option "verify" of engine native must be true or false/);
});

test('an engine is found by the name of its package, and gets options of checkpoint and restore', async (t) => {
  const place = makeRealPlace(t);
  mkdirSync(join(place.folder, 'node_modules'));
  symlinkSync(`${repository}examples/restart-engine`, join(place.folder, 'node_modules/crac-restart-engine'));
  const run = [
    'run',
    '--engine',
    'crac-restart-engine',
    '--checkpoint-to',
    place.image,
    '--engine-options',
    'indent=2',
  ];
  const ended = await call(t, place, ...run, LIFE);
  assert.deepEqual([ended.code, ended.stderr], [0, '']);
  const shown = await call(t, place, 'inspect', place.image);
  assert.deepEqual([shown.code, shown.stderr], [0, '']);
  assert.match(shown.stdout, new RegExp(`^engine +restart .*\\nnode +${process.version} `, 'm'));
  const data = JSON.parse((await call(t, place, 'inspect', '--json', place.image)).stdout);
  assert.deepEqual(
    [data.manifest, data.labels['node.version']],
    [JSON.parse(readFileSync(join(place.image, 'manifest.json'), 'utf8')), process.version],
  );
  const lacking = await call(t, place, 'inspect', '--checksums', place.image);
  assert.equal(lacking.code, 64);
  assert.match(lacking.stderr, /^crac: Engine restart cannot do --checksums/);
  const [file = ''] = readdirSync(place.image).filter((name) => name.startsWith('restart-'));
  assert.match(readFileSync(join(place.image, file), 'utf8'), /^\{\n {2}"execPath"/);
  const phase = await call(t, place, 'restore', '--engine-options', 'indent=2', place.image);
  assert.equal(phase.code, 64);
  assert.match(
    phase.stderr,
    /^crac: Option "indent" of engine restart is none of a restore: .* indent, node\.\n$/,
  );
  const eager = await call(t, place, 'restore', '--eager', place.image);
  assert.equal(eager.code, 64);
  assert.match(eager.stderr, /^crac: Engine restart cannot do --eager: /);
  const elsewhere = await call(t, place, 'restore', '--engine-options', 'node=/proc/none/node', place.image);
  assert.equal(elsewhere.code, 1);
  assert.match(elsewhere.stderr, /^crac: spawn \/proc\/none\/node ENOENT/);
});
