// What the functions that write one key have in common.
import { primary } from '../node/primary.ts';
import { clock } from '../node/process.ts';
import type { WriteRequest } from '../replication/write-request.ts';
import { endpoint } from './endpoint.ts';
import { type Event, keyOf } from './request.ts';
import { writeAnswer } from './write-answer.ts';
import { writeHeadersOf } from './write-headers.ts';

/**
 * @param changeOf what a request does to its key, from the body
 * @param withValue the answer has the new value
 */
export function writeEndpoint(
  changeOf: (event: Event) => Pick<WriteRequest, 'value' | 'expiry' | 'patch'>,
  { withValue = false } = {},
) {
  return endpoint(
    async (event) => {
      const key = keyOf(event);
      const headers = writeHeadersOf(event);
      const node = await primary();
      const written = await node.write({ key, ...headers, ...changeOf(event) });
      return writeAnswer(written, { now: clock.now(), isAsync: headers.isAsync, withValue });
    },
    { access: 'write', role: 'primary' },
  );
}
