// DELETE /key/{key}: leave a tombstone.
import { writeEndpoint } from '../lib/http/write-endpoint.ts';

export const handler = writeEndpoint(() => ({}));
