// GET /openapi.json: this API, described.
import { json } from '../lib/http/answer.ts';
import { endpoint } from '../lib/http/endpoint.ts';
import { openApiDocument } from '../lib/http/openapi/document.ts';
import { addressOf } from '../lib/http/request.ts';
import { config } from '../lib/node/process.ts';

export const handler = endpoint(async (event) => json(200, openApiDocument(config.publicUrl ?? addressOf(event))), {
  access: 'public',
  whileRecovering: true,
});
