// GET /openapi.json: this API, described.
import { json } from '../lib/http/answer.ts';
import { endpoint } from '../lib/http/endpoint.ts';
import { openApiDocument } from '../lib/http/openapi.ts';

const document = openApiDocument();

export const handler = endpoint(async () => json(200, document), { access: 'public', whileRecovering: true });
