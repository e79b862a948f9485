import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createManifest, parseManifest, stringifyManifest } from '#dist/image/manifest.js';

const manifest = createManifest({ generation: 3, engine: 'native', process });

test('a manifest survives being written and read', () => {
  assert.deepEqual(parseManifest(stringifyManifest(manifest)), { ok: true, manifest });
});

test('a manifest holds no environment', () => {
  const value = `${process.env['PATH']}`;
  assert.ok(!stringifyManifest(manifest).includes(value));
});

test('every missing field is named', () => {
  for (const field of Object.keys(manifest)) {
    const { [field]: _, ...rest } = manifest as unknown as Record<string, unknown>;
    assert.deepEqual(parseManifest(JSON.stringify(rest)), {
      ok: false,
      problem:
        typeof manifest[field as 'node'] === 'object'
          ? `field "${field}" is not an object`
          : `field "${field}" is missing`,
    });
  }
});

test('a wrong value is named with its path', () => {
  const wrong = { ...manifest, process: { ...manifest.process, argv: ['a', 1] } };
  assert.deepEqual(parseManifest(JSON.stringify(wrong)), {
    ok: false,
    problem: 'field "process.argv" has the unexpected value ["a",1]',
  });
});

test('any text gives a manifest or a sentence', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      const result = parseManifest(text);
      assert.ok(!result.ok && result.problem.length > 0);
    }),
  );
});

test('any mutated manifest gives a manifest or a sentence', () => {
  const text = stringifyManifest(manifest);
  fc.assert(
    fc.property(
      fc.nat(text.length),
      fc.nat(20),
      fc.string({ maxLength: 8 }),
      (start, length, replacement) => {
        const result = parseManifest(text.slice(0, start) + replacement + text.slice(start + length));
        assert.ok(result.ok || result.problem.length > 0);
      },
    ),
  );
});
