import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { assertCheckpointed, startProgram } from '../support/image.js';
import { needsCommand } from '../support/requirements.js';
import { scratch } from '../support/scratch.js';
import { runToEnd } from '../support/start.js';

describe('gdb on an image', () => {
  it('shows a back trace of every thread', { skip: needsCommand('gdb') }, async (t) => {
    const directory = join(scratch(t), 'image');
    const ended = await startProgram(t, 'survives/programs/threads', { directory }).ended;
    assertCheckpointed(ended, directory);
    const threads = Number(ended.stdout.match(/threads (\d+)/)?.[1]);

    const script = ['-ex', 'set pagination off', '-ex', 'thread apply all -q bt 20', '-ex', 'info threads'];
    const core = join(directory, 'process.core');
    const { code, stdout } = await runToEnd(t, [
      'gdb',
      '-nx',
      '-batch',
      ...script,
      '-c',
      core,
      process.execPath,
    ]);

    assert.equal(code, 0);
    const [traces = '', list = ''] = stdout.split(/^\s*Id\s+Target Id/m);
    assert.equal(list.match(/^[* ]\s+\d+\s/gm)?.length, threads, stdout);
    const innermost = traces.match(/^#0 .*$/gm)?.slice(1) ?? [];
    assert.equal(innermost.length, threads, stdout);
    for (const frame of innermost) assert.doesNotMatch(frame, /\?\?/, stdout);
    assert.match(traces, /uv_run|epoll_pwait|node::/, 'The main thread cannot be recognised.');
    assert.match(traces, /Worker|start_thread|clone/, 'No other thread can be recognised.');
  });
});
