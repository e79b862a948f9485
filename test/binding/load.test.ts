import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { repository } from '../support/paths.js';

function run(program: string, environment: Record<string, string> = {}): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd: repository,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], ...environment },
  });
  assert.equal(stderr, '');
  assert.equal(status, 0);
  return stdout.trim();
}

const openDescriptors = `
  import { readdirSync, readlinkSync } from 'node:fs';
  const targetOf = (fd) => {
    try {
      return [fd + ' ' + readlinkSync('/proc/self/fd/' + fd)];
    } catch {
      return [];
    }
  };
  const list = () => readdirSync('/proc/self/fd').flatMap(targetOf);
  const agent = () => process.report.getReport().sharedObjects.some((path) => path.includes('crac-agent'));
  const before = list();
`;

test('importing the entries opens nothing and loads no native code', () => {
  for (const entry of ['node-crac', 'node-crac/management']) {
    const program = `${openDescriptors} await import('${entry}'); console.log(list().filter((file) => !before.includes(file)), agent());`;
    assert.equal(run(program), '[] false');
  }
});

test('the facade asks for the same checkpoint as the management entry', () => {
  const program = `
    import { Core } from 'node-crac';
    await Core.checkpointRestore({ directory: '/tmp' }).catch((error) => console.log(error.errors[0].code));
  `;
  assert.equal(run(program, { CRAC_AGENT: '/nowhere/crac-agent.node' }), 'ERR_CRAC_UNAVAILABLE');
});

test('a missing agent is a sentence with advice', () => {
  const program = `
    import { checkpointAvailability } from 'node-crac/management';
    console.log(JSON.stringify(checkpointAvailability()));
  `;
  const { status, reason } = JSON.parse(run(program, { CRAC_AGENT: '/nowhere/crac-agent.node' }));
  assert.equal(status, 'never');
  assert.match(reason, /the native agent \/nowhere\/crac-agent\.node does not exist\. .*npm run build/);
});

test('an agent that cannot be loaded is named with what the linker says', () => {
  const folder = mkdtempSync(join(tmpdir(), 'crac-agent-'));
  const agent = join(folder, 'crac-agent.node');
  writeFileSync(agent, 'not a library');
  const program = `
    import { checkpointAvailability } from 'node-crac/management';
    console.log(checkpointAvailability().reason);
  `;
  assert.match(run(program, { CRAC_AGENT: agent }), /^Cannot load the native agent .*crac-agent\.node: .+/);
  rmSync(folder, { recursive: true });
});
