// JSON Schemas for the OpenAPI document, made of the schemas that check messages.
import { toJsonSchema } from '@valibot/to-json-schema';

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
