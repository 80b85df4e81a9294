// Parts of the answers' JSON Schemas that several of them have.

export const time = { type: 'string', format: 'date-time' };
export const count = { type: 'integer', minimum: 0 };
export const stamp = { version: { type: 'integer', minimum: 1 }, epoch: { type: 'integer', minimum: 1 } };
/** A store that counts up to a bound says when there are more. */
export const keys = { keys: count, keysAtLeast: { const: true } };
export const onPrimary = ['pending', 'replicated', 'replication_failed'];

export function object(properties: Record<string, unknown>, optional: string[] = []): Record<string, unknown> {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: 'object', properties, required, additionalProperties: false };
}
