// The JSON reader against JSON.parse, on whatever fast-check can think of.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readJson } from '../../lib/json.ts';

const spaced = fc.constantFrom('', ' ', '\n\t ');
const wellFormed = fc.jsonValue({ stringUnit: 'grapheme' });

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

describe('an object', () => {
  test('gives the text of each member, which parses to its value, and how deep it nests', () => {
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
          const { parsed, sources, depths } = readJson(
            `${space}{${members.join(',')}${members.length === 0 ? space : ''}}${space}`,
          );
          expect([...sources.keys()]).toEqual(keys);
          for (const [i, key] of keys.entries()) {
            expect(sources.get(key)).toBe(JSON.stringify(values[i], null, indent));
            expect(depths.get(key)).toBe(depthOf(values[i]));
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
      expect(() => readJson(text)).toThrow(/stands twice/);
    }
    for (const text of ['{"a":{"a":{"a":[{"a":1},{"a":1}]}}}', '{"\\\\":1,"\\"":2}', '{"a":"a","b":"a"}']) {
      expect(() => readJson(text)).not.toThrow();
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
        if (!parses) expect(() => readJson(text)).toThrow(expect.objectContaining({ code: 'invalid_json' }));
        else {
          try {
            readJson(text);
          } catch (error) {
            expect((error as Error).message).toMatch(/stands twice|surrogate/);
          }
        }
      },
    ),
  );
});
