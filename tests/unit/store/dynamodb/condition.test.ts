// The conditions of writes keep to the limits that DynamoDB sets to expressions.
import { expect, test } from '@jest/globals';
import { MAX_TAGS } from '../../../../lib/limits.ts';
import { conditionExpressionOf } from '../../../../lib/store/dynamodb/condition.ts';
import { change, NOW } from '../../../contract/fixture.ts';

test('with 20 tags of each kind an expression is far below 4 KB and 300 operators', () => {
  const tags = Array.from({ length: MAX_TAGS }, (_, version) => ({ epoch: Number.MAX_SAFE_INTEGER, version }));
  const condition = { ifMatch: tags, ifNoneMatch: tags };
  const { text, values } = conditionExpressionOf(change('k', undefined, { condition }), NOW);
  expect(Buffer.byteLength(text)).toBeLessThan(3000);
  expect(text.match(/AND|OR|NOT|<=|>=|=|<|>|attribute_\w+/g)?.length).toBeLessThan(250);
  expect(Object.keys(values)).toHaveLength(3 + 4 * MAX_TAGS);
  // DynamoDB refuses parentheses around parentheses, and reserved words that are not behind a #.
  expect(text).not.toMatch(/\(\(/);
  expect(
    text
      .replace(/[#:]\w+/g, '')
      .match(/[a-z_]+/g)
      ?.every((word) => word.startsWith('attribute_')),
  ).toBe(true);
});
