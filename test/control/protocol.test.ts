import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createLineReader } from '#dist/control/line-reader.js';
import {
  encodeMessage,
  PROTOCOL_VERSION,
  parseReply,
  parseRequest,
  type Reply,
  type Request,
} from '#dist/control/protocol.js';

const requests: fc.Arbitrary<Request> = fc.oneof(
  fc.constant({ request: 'status' as const }),
  fc.constant({ request: 'explain' as const }),
  fc.record(
    {
      request: fc.constantFrom('checkpoint' as const, 'dry-run' as const),
      to: fc.string({ minLength: 1, unit: 'grapheme' }),
      keepRunning: fc.boolean(),
      verify: fc.boolean(),
      drainTimeout: fc.nat(),
      labels: fc.dictionary(fc.string(), fc.string(), { noNullPrototype: true }),
    },
    { requiredKeys: ['request'], noNullPrototype: true },
  ),
  fc.record(
    {
      request: fc.constant('prepare' as const),
      timeout: fc.nat(),
      drainTimeout: fc.nat(),
      deadline: fc.nat(),
      keepSecrets: fc.boolean(),
    },
    { requiredKeys: ['request'], noNullPrototype: true },
  ),
  fc.record(
    {
      request: fc.constant('resume' as const),
      original: fc.boolean(),
      args: fc.array(fc.string()),
      env: fc.dictionary(fc.stringMatching(/^[A-Z]+$/), fc.string(), { noNullPrototype: true }),
      merge: fc.boolean(),
      cwd: fc.string({ unit: 'grapheme' }),
    },
    { requiredKeys: ['request'], noNullPrototype: true },
  ),
);

const image = fc.record(
  { id: fc.string(), directory: fc.string({ unit: 'grapheme' }) },
  { noNullPrototype: true },
);
const replies: fc.Arbitrary<Reply> = fc.oneof(
  fc.record(
    { reply: fc.constantFrom('writing' as const, 'done' as const), image },
    { noNullPrototype: true },
  ),
  fc.record({ reply: fc.constant('prepared' as const), deadline: fc.nat() }, { noNullPrototype: true }),
  fc.record({ reply: fc.constant('resumed' as const), generation: fc.nat() }, { noNullPrototype: true }),
  fc.record({ reply: fc.constant('rejected' as const), reason: fc.string() }, { noNullPrototype: true }),
);

/** Cuts a text's bytes at arbitrary places and reads them back as lines. */
function readInPieces(text: string, cuts: readonly number[]): readonly string[] | undefined {
  const bytes = Buffer.from(text);
  const reader = createLineReader(1000);
  const lines: string[] = [];
  let start = 0;
  for (const end of [...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]) {
    const complete = reader.push(bytes.subarray(start, end));
    if (complete === undefined) return undefined;
    lines.push(...complete);
    start = end;
  }
  return lines;
}

test('a request survives the wire', () => {
  fc.assert(
    fc.property(requests, fc.array(fc.nat()), (request, cuts) => {
      const [line = ''] = readInPieces(encodeMessage(request), cuts) ?? [];
      assert.deepEqual(parseRequest(line), { ok: true, message: request });
    }),
  );
});

test('replies survive the wire, in order and however they are cut', () => {
  fc.assert(
    fc.property(fc.array(replies, { maxLength: 4 }), fc.array(fc.nat()), (sent, cuts) => {
      const lines = readInPieces(sent.map(encodeMessage).join(''), cuts) ?? [];
      const received = lines.map((line) => {
        const parsed = parseReply(line);
        return parsed.ok ? { ...parsed.message, version: undefined } : parsed.problem;
      });
      assert.deepEqual(
        received,
        sent.map((reply) => ({ ...reply, version: undefined })),
      );
    }),
  );
});

test('any other line is a sentence, never an exception', () => {
  const wild = fc.oneof(
    fc.string(),
    fc.json(),
    fc.object().map((value) => JSON.stringify({ version: PROTOCOL_VERSION, ...value })),
  );
  fc.assert(
    fc.property(wild, (line) => {
      for (const parsed of [parseRequest(line), parseReply(line)])
        assert.ok(parsed.ok || parsed.problem.length > 0);
    }),
  );
});

test('a peer of another version is told both versions', () => {
  const parsed = parseRequest('{"version":99,"request":"status"}');
  assert.deepEqual(parsed, {
    ok: false,
    problem: 'it speaks version 99 of the protocol and this side speaks 1',
  });
});

test('wrong members are refused by name', () => {
  const refusals = [
    ['{"version":1,"request":"reboot"}', 'the request "reboot" is unknown'],
    ['{"version":1,"request":"checkpoint","to":7}', '"to" is not a path'],
    ['{"version":1,"request":"checkpoint","to":""}', '"to" is not a path'],
    ['{"version":1,"request":"checkpoint","keepRunning":"yes"}', '"keepRunning" is not true or false'],
    ['{"version":1,"request":"checkpoint","verify":1}', '"verify" is not true or false'],
    ['{"version":1,"request":"checkpoint","drainTimeout":"1"}', '"drainTimeout" is not a number'],
  ] as const;
  for (const [line, problem] of refusals) assert.deepEqual(parseRequest(line), { ok: false, problem });
});

test('a line beyond the limit ends the reading, complete or not', () => {
  assert.equal(createLineReader(10).push(Buffer.from('12345678901')), undefined);
  assert.equal(createLineReader(10).push(Buffer.from('12345678901\n')), undefined);
  assert.deepEqual(createLineReader(10).push(Buffer.from('1234567890\n')), ['1234567890']);
});
