// Expressions of DynamoDB. Every attribute is named with a `#`, since many are reserved words.
import type { AttributeValue } from '@aws-sdk/client-dynamodb';

export interface Expression {
  readonly ExpressionAttributeNames: Record<string, string>;
  readonly ExpressionAttributeValues?: Record<string, AttributeValue>;
}

/**
 * The names and values that some expressions need: those with `#` are attributes, those with `:` are in `values`.
 * Values that none of them needs are left out, as DynamoDB wants it.
 */
export function expression(texts: readonly string[], values: Readonly<Record<string, AttributeValue>>): Expression {
  const text = texts.join(' ');
  const names = [...new Set(text.match(/#\w+/g))].map((name) => [name, name.slice(1)]);
  const used = [...new Set(text.match(/:\w+/g))].map((name) => [name, values[name] as AttributeValue]);
  return {
    ExpressionAttributeNames: Object.fromEntries(names),
    ...(used.length > 0 && { ExpressionAttributeValues: Object.fromEntries(used) }),
  };
}

/** An UpdateExpression. Each member of `set` is an attribute's value as an expression; `remove` names attributes. */
export function update(set: Readonly<Record<string, string>>, remove: readonly string[] = []): string {
  const assignments = Object.entries(set).map(([attribute, value]) => `#${attribute} = ${value}`);
  const removals = remove.map((attribute) => `#${attribute}`);
  return `SET ${assignments.join(', ')}${removals.length > 0 ? ` REMOVE ${removals.join(', ')}` : ''}`;
}
