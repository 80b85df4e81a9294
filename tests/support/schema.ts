// Holds answers against the OpenAPI document.
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { RESPONSE_SCHEMAS } from '../../lib/http/openapi/responses.ts';

const ajv = new Ajv2020({ strict: false, allErrors: true });
formats.default(ajv);

/** What is wrong with `body` as the schema of this name; empty if nothing is. */
export function schemaErrors(name: keyof typeof RESPONSE_SCHEMAS, body: unknown): string[] {
  ajv.validate(RESPONSE_SCHEMAS[name], body);
  return (ajv.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}
