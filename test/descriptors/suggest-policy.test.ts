import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { OpenDescriptor } from '#dist/descriptors/open-descriptor.js';
import { applyPolicies } from '#dist/descriptors/policies/apply-policies.js';
import { parsePolicies } from '#dist/descriptors/policies/parse-policies.js';
import { suggestPolicy } from '#dist/descriptors/policies/suggest-policy.js';

function make(descriptor: Partial<OpenDescriptor>): OpenDescriptor {
  return { fd: 21, kind: 'file', target: '/data/x', travels: false, ...descriptor };
}

const HELPED: Readonly<Record<string, Partial<OpenDescriptor>>> = {
  'a file': {},
  'a file whose name looks like a pattern': { target: '/data/[a]{b,c}*?.log' },
  'a file whose name looks like a comment': { target: '/data/a #1' },
  'a file that was deleted': { target: '/data/x (deleted)' },
  'a named pipe': { kind: 'fifo', target: '/run/pipe' },
  'a pipe': { kind: 'pipe', target: 'pipe:[7]' },
  'a connection': {
    kind: 'socket',
    target: 'socket:[7]',
    protocol: 'tcp',
    localAddress: '127.0.0.1:40000',
    remoteAddress: '127.0.0.1:5432',
  },
  'a connection of IPv6': {
    kind: 'socket',
    target: 'socket:[7]',
    protocol: 'tcp6',
    localAddress: '[::1]:40000',
    remoteAddress: '[::1]:5432',
  },
  'a datagram socket': {
    kind: 'socket',
    target: 'socket:[7]',
    protocol: 'udp',
    localAddress: '0.0.0.0:5353',
    remoteAddress: '',
  },
  'a unix socket': { kind: 'socket', target: 'socket:[7]', protocol: 'unix', remoteAddress: '/run/db.sock' },
  'a unix socket without a name': { kind: 'socket', target: 'socket:[7]', protocol: 'unix' },
};

describe('the policy that is suggested', () => {
  for (const [name, descriptor] of Object.entries(HELPED)) {
    it(`lets a checkpoint pass with ${name}`, () => {
      const whole = make(descriptor);
      const policies = parsePolicies(suggestPolicy(whole) ?? '', 'policies');
      assert.equal(policies.length, 1);
      assert.deepEqual(applyPolicies([whole], policies).refused, []);
    });
  }

  it('does not fit another connection', () => {
    const one = make({ kind: 'socket', protocol: 'tcp', remoteAddress: '127.0.0.1:5432' });
    const policies = parsePolicies(suggestPolicy(one) ?? '', 'policies');
    const other = make({ kind: 'socket', protocol: 'tcp', remoteAddress: '127.0.0.1:6379' });
    assert.deepEqual(applyPolicies([other], policies).refused, [other]);
  });

  it('is none where none helps', () => {
    assert.equal(suggestPolicy(make({ kind: 'memfd', target: '/memfd:x (deleted)' })), undefined);
  });
});
