// PATCH /key/{key}: change a value, or when it expires, in one atomic step.
import { patchBodyOf } from '../lib/http/patch-body.ts';
import { writeEndpoint } from '../lib/http/write-endpoint.ts';

export const handler = writeEndpoint((event) => ({ patch: patchBodyOf(event) }), { withValue: true });
