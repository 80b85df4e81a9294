// JSON Schemas for the OpenAPI document, made of the schemas that check messages.
import { toJsonSchema } from '@valibot/to-json-schema';
import { PROTOCOL } from '../peer/protocol.ts';

export type Json = Record<string, unknown>;

/** Checks that JSON Schema cannot express are left out of the description. */
export function schemaOf(schema: Parameters<typeof toJsonSchema>[0]): Json {
  const { $schema: _, ...rest } = toJsonSchema(schema, { typeMode: 'input', errorMode: 'ignore' });
  return rest;
}

/** The schema of an answer: a node takes members that it does not know, but gives none that are not described. */
export function answerSchemaOf(schema: Parameters<typeof toJsonSchema>[0]): Json {
  return { ...schemaOf(schema), additionalProperties: false };
}

/** The schema of a message between the nodes, which says of which protocol it is. */
export function messageSchema({ properties, required, anyOf, ...rest }: Json): Json {
  if (Array.isArray(anyOf)) return { ...rest, anyOf: anyOf.map(messageSchema) };
  return {
    ...rest,
    properties: { protocol: { const: PROTOCOL }, ...(properties as Json) },
    required: ['protocol', ...(required as string[])],
  };
}
