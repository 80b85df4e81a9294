// DELETE /divergent and DELETE /divergent/{key}: take all divergent writes, or those of one key, from the list.
import { json } from '../lib/http/answer.ts';
import { endpoint } from '../lib/http/endpoint.ts';
import { keyOf } from '../lib/http/request.ts';
import { acknowledge } from '../lib/node/acknowledge.ts';

/** Below the 30 s that the gateway waits; the last step may take some seconds more. */
const LIMIT_MS = 18_000;

export const handler = endpoint(
  async (event) => {
    // Of `/divergent/` the emulator tells no parameter, either: it names no key, and must not acknowledge all.
    const key = event.requestContext.http.path === '/divergent' ? undefined : keyOf(event);
    return json(200, await acknowledge(key, LIMIT_MS));
  },
  { access: 'write', role: 'primary' },
);
