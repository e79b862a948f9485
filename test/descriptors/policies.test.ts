import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { OpenDescriptor } from '#dist/descriptors/open-descriptor.js';
import { readPolicies } from '#dist/descriptors/policies/configured-policies.js';
import { matchPolicy } from '#dist/descriptors/policies/match-policy.js';
import { nodePolicies } from '#dist/descriptors/policies/node-policies.js';
import { checkPolicies, parsePolicies } from '#dist/descriptors/policies/parse-policies.js';
import { toExpression } from '#dist/descriptors/policies/path-pattern.js';
import { refuseDescriptor } from '#dist/descriptors/refuse-descriptor.js';
import { isCracException } from '#dist/errors.js';

const EXAMPLE = `
# what the log writer holds
type: file
path: /var/log/**/*.log   # all of them
action: reopen
warn: false
---
type: socket
family: ip
localAddress: *
remotePort: 5432
action: close
---

Type: FILEDESCRIPTOR
Action: Ignore
regex: "anon_inode:.*"
---
`;

describe('policies for files of Node.js itself', () => {
  const open = (target: string): OpenDescriptor => ({ fd: 21, kind: 'file', target, travels: false });

  it('open the history of a REPL again, wherever it is', () => {
    const rules = nodePolicies('/data/[my] history');
    for (const target of ['/root/.node_repl_history', '/home/me/.node_repl_history', '/data/[my] history']) {
      assert.equal(matchPolicy(open(target), rules)?.action, 'reopen', target);
    }
    assert.equal(matchPolicy(open('/data/history'), rules), undefined);
    assert.equal(matchPolicy(open('/data/history'), nodePolicies(undefined)), undefined);
  });

  it('do not count for the log of trace events, which is named', () => {
    const log = open('/app/node_trace.1.log');
    assert.equal(matchPolicy(log, nodePolicies(undefined)), undefined);
    assert.match(refuseDescriptor(log).message, /it is the log of trace events, .* a policy reopen it/);
  });
});

describe('a file of policies', () => {
  it('is read as CRaC writes it', () => {
    assert.deepEqual(parsePolicies(EXAMPLE, 'p'), [
      { type: 'file', path: '/var/log/**/*.log', action: 'reopen', warn: false },
      { type: 'socket', family: 'ip', localAddress: undefined, remotePort: 5432, action: 'close' },
      { type: 'filedescriptor', action: 'ignore', regex: 'anon_inode:.*' },
    ]);
    assert.deepEqual(parsePolicies('', 'p'), []);
    assert.deepEqual(parsePolicies('# nothing\n---\n---\r\n', 'p'), []);
  });

  const wrong: Readonly<Record<string, [text: string, line: number, reason: RegExp]>> = {
    'no pair': ['type: file\naction close', 2, /"action close" is no "key: value"/],
    'no type': ['\naction: close', 2, /"type" must be one of file, pipe, socket, filedescriptor/],
    'an unknown type': ['action: close\ntype: door', 2, /"type" must be one of/],
    'no action': ['type: pipe\n---\ntype: file\naction: close', 1, /no "action"/],
    'an unknown action': [
      'type: pipe\naction: keep',
      2,
      /"action" must be one of error, ignore, close, but it is "keep"/,
    ],
    'an action of another type': ['type: socket\naction: reopen', 2, /must be one of error, ignore, close/],
    'an unknown key': [
      'type: pipe\naction: close\npath: /x',
      3,
      /"path" is no key of type pipe, which has warn, action/,
    ],
    'a key twice': ['type: file\naction: close\npath: /x\npath: /y', 4, /"path" stands there twice/],
    'a port that is none': [
      'type: socket\naction: close\nlocalPort: 70000',
      3,
      /"localPort" must be a number up to 65535/,
    ],
    'no expression': [
      'type: filedescriptor\naction: close\nregex: (',
      3,
      /"regex" must be a regular expression/,
    ],
    'no boolean': ['type: pipe\naction: close\nwarn: perhaps', 3, /"warn" must be true or false/],
    'no value': ['type: file\naction: close\npath:', 3, /"path" must be a text, but it is ""/],
  };
  for (const [what, [text, line, reason]] of Object.entries(wrong)) {
    it(`that holds ${what} is refused with its line`, () => {
      assert.throws(
        () => parsePolicies(text, '/etc/policies'),
        (error) => {
          assert.ok(isCracException(error));
          assert.equal(error.code, 'ERR_CRAC_POLICY_INVALID');
          assert.match(error.message, new RegExp(`^Policy file /etc/policies, line ${line}: `));
          assert.match(error.message, reason);
          return true;
        },
      );
    });
  }

  it('that is not there is refused', () => {
    assert.throws(() => readPolicies('/no/policies'), {
      code: 'ERR_CRAC_POLICY_INVALID',
      message: 'Policy file /no/policies: it cannot be read (ENOENT).',
    });
  });

  it('can be given as objects', () => {
    assert.deepEqual(checkPolicies([{ type: 'file', path: '/x', action: 'reopen', changed: 'allow' }]), [
      { type: 'file', path: '/x', action: 'reopen', changed: 'allow' },
    ]);
    for (const policy of [null, {}, { type: 'file' }, { type: 'pipe', action: 'close', path: '/' }]) {
      assert.throws(() => checkPolicies([policy]), { code: 'ERR_CRAC_INVALID_ARGUMENT' });
    }
  });
});

describe('a pattern of paths', () => {
  const cases: readonly [pattern: string, path: string, fits: boolean][] = [
    ['/a/b', '/a/b', true],
    ['/a/b', '/a/bc', false],
    ['/a/*', '/a/b', true],
    ['/a/*', '/a/b/c', false],
    ['/a/**', '/a/b/c', true],
    ['/a/**/*.log', '/a/x/y.log', true],
    ['/a/?.log', '/a/x.log', true],
    ['/a/?.log', '/a/xy.log', false],
    ['/a/[xy].log', '/a/y.log', true],
    ['/a/[!xy].log', '/a/y.log', false],
    ['/a/*.{log,txt}', '/a/b.txt', true],
    ['/a/*.{log,txt}', '/a/b.bin', false],
    ['/a+(b)', '/a+(b)', true],
    ['/a.b', '/axb', false],
    ['**', '/with\nline', true],
  ];
  for (const [pattern, path, fits] of cases) {
    it(`${pattern} ${fits ? 'fits' : 'does not fit'} ${JSON.stringify(path)}`, () => {
      assert.equal(toExpression(pattern).test(path), fits);
    });
  }
});

describe('the first policy that fits a descriptor', () => {
  const file: OpenDescriptor = { fd: 20, kind: 'file', target: '/var/log/app.log', travels: false };
  const socket: OpenDescriptor = {
    fd: 21,
    kind: 'socket',
    target: 'socket:[7]',
    travels: false,
    protocol: 'tcp6',
    localAddress: '[::1]:4000',
    remoteAddress: '[::1]:5432',
  };
  const unix: OpenDescriptor = {
    ...socket,
    protocol: 'unix',
    localAddress: '',
    remoteAddress: '/run/pg/.s.5432',
  };
  const pipe: OpenDescriptor = { fd: 22, kind: 'pipe', target: 'pipe:[9]', travels: false };

  const cases: readonly [what: string, descriptor: OpenDescriptor, policy: object, fits: boolean][] = [
    ['every file', file, { type: 'file' }, true],
    ['a path', file, { type: 'file', path: '/var/**' }, true],
    ['another path', file, { type: 'file', path: '/tmp/**' }, false],
    [
      'a deleted file',
      { ...file, target: '/var/log/app.log (deleted)' },
      { type: 'file', path: '/var/log/app.log' },
      true,
    ],
    ['a file by its number', file, { type: 'filedescriptor', value: 20 }, true],
    ['another number', file, { type: 'filedescriptor', value: 2 }, false],
    ['a description', pipe, { type: 'filedescriptor', regex: '^pipe:' }, true],
    ['a pipe', pipe, { type: 'pipe' }, true],
    ['no pipe', file, { type: 'pipe' }, false],
    ['a family', socket, { type: 'socket', family: 'inet6' }, true],
    ['both families', socket, { type: 'socket', family: 'IP' }, true],
    ['another family', socket, { type: 'socket', family: 'ipv4' }, false],
    [
      'addresses and ports',
      socket,
      { type: 'socket', localAddress: '::1', remotePort: 5432, localPort: '*' },
      true,
    ],
    ['another port', socket, { type: 'socket', remotePort: 5433 }, false],
    ['the path of a peer', unix, { type: 'socket', family: 'unix', remotePath: '/run/pg/*' }, true],
    ['another path', unix, { type: 'socket', family: 'unix', remotePath: '/run/*' }, false],
  ];
  for (const [what, descriptor, policy, fits] of cases) {
    it(`${what}: ${JSON.stringify(policy)}`, () => {
      const policies = checkPolicies([
        { action: 'close', ...policy },
        { type: 'filedescriptor', action: 'ignore' },
      ]);
      assert.equal(matchPolicy(descriptor, policies), policies[fits ? 0 : 1]);
    });
  }

  it('is none where none fits', () => {
    assert.equal(matchPolicy(file, []), undefined);
  });
});
