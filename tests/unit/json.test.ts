// The JSON reader against JSON.parse, on whatever fast-check can think of.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type JsonLimits, readJson } from '../../lib/json.ts';
import { MAX_VALUE_BYTES, MAX_VALUE_DEPTH, MAX_VALUE_PARTS } from '../../lib/limits.ts';

const INFINITE = Number.POSITIVE_INFINITY;
const NO_LIMITS: JsonLimits = { depth: INFINITE, parts: INFINITE, length: INFINITE };

const spaced = fc.constantFrom('', ' ', '\n\t ');
const wellFormed = fc.jsonValue({ stringUnit: 'grapheme' });

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

/** Values and names; an empty array or object counts for two. */
function partsOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  const names = Array.isArray(value) ? 0 : Object.keys(value).length;
  const members = Object.values(value).map(partsOf);
  return 1 + names + (members.length === 0 ? 1 : members.reduce((a, b) => a + b));
}

describe('an object', () => {
  test('gives the text of each member, which parses to its value', () => {
    const names = fc.uniqueArray(fc.string({ unit: 'grapheme' }), { maxLength: 5 });
    fc.assert(
      fc.property(
        names,
        fc.array(wellFormed, { minLength: 5, maxLength: 5 }),
        spaced,
        fc.constantFrom(0, 2),
        (keys, values, space, indent) => {
          const members = keys.map(
            (key, i) =>
              `${space}${JSON.stringify(key)}${space}:${space}${JSON.stringify(values[i], null, indent)}${space}`,
          );
          const text = `${space}{${members.join(',')}${members.length === 0 ? space : ''}}${space}`;
          const { parsed, sourceOf } = readJson(text, NO_LIMITS);
          for (const [i, key] of keys.entries()) {
            expect(sourceOf(key)).toBe(JSON.stringify(values[i], null, indent));
          }
          expect(Object.keys(parsed as object)).toHaveLength(keys.length);
        },
      ),
    );
  });

  test('with a name twice, at any depth and however escaped, is refused', () => {
    for (const text of [
      '{"a":1,"a":2}',
      '{"v":{"a":1,"b":[{"a":1}],"a":2}}',
      '[{"\\u0061":1,"a":2}]',
      '{"\\"":1,"\\u0022":2}',
    ]) {
      expect(() => readJson(text, NO_LIMITS)).toThrow(/stands twice/);
    }
    for (const text of ['{"a":{"a":{"a":[{"a":1},{"a":1}]}}}', '{"\\\\":1,"\\"":2}', '{"a":"a","b":"a"}']) {
      expect(() => readJson(text, NO_LIMITS)).not.toThrow();
    }
  });
});

test('takes what JSON.parse takes, but for duplicates and half surrogates', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.json({ stringUnit: 'grapheme' }),
        fc.string(),
        fc.string({ unit: fc.constantFrom(...'{}[]",:\\u0d8 1e') }),
      ),
      (text) => {
        let parses = true;
        try {
          JSON.parse(text);
        } catch {
          parses = false;
        }
        if (!parses) expect(() => readJson(text, NO_LIMITS)).toThrow(expect.objectContaining({ code: 'invalid_json' }));
        else {
          try {
            readJson(text, NO_LIMITS);
          } catch (error) {
            expect((error as Error).message).toMatch(/stands twice|surrogate/);
          }
        }
      },
    ),
  );
});

test('has exactly the depth and the parts that a text may have, before anything is built of it', () => {
  fc.assert(
    fc.property(wellFormed, fc.constantFrom(0, 2), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      const limits = { ...NO_LIMITS, depth: depthOf(JSON.parse(text)), parts: partsOf(JSON.parse(text)) };
      expect(readJson(text, limits).parsed).toEqual(JSON.parse(text));
      if (limits.depth > 0)
        expect(() => readJson(text, { ...limits, depth: limits.depth - 1 })).toThrow(
          expect.objectContaining({ code: 'invalid_body' }),
        );
      if (limits.parts > 1)
        expect(() => readJson(text, { ...limits, parts: limits.parts - 1 })).toThrow(
          expect.objectContaining({ code: 'value_too_large' }),
        );
    }),
  );
});

test('a value at its limit never has more parts than a body may have', () => {
  const fill = (unit: string) => `[${unit.repeat(MAX_VALUE_BYTES / unit.length - 2)}${unit.slice(0, -1)}]`;
  for (const unit of ['1,', '[],', '{},', '"",', '{"":1},', '{"":[]},', '{"":{}},', '[{}],', '[[]],']) {
    const text = `{"value":${fill(unit)},"ttl":1}`;
    expect(() => readJson(text, { ...NO_LIMITS, depth: MAX_VALUE_DEPTH + 1, parts: MAX_VALUE_PARTS })).not.toThrow();
  }
});
