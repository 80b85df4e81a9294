// PUT /key/{key}: write a value.
import { putBodyOf } from '../lib/http/put-body.ts';
import { writeEndpoint } from '../lib/http/write-endpoint.ts';

export const handler = writeEndpoint(putBodyOf);
