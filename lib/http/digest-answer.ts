// The answer to `/digest`: digests, stamps or records, as the other node asks.
import { encodeDigestAnswer } from '../peer/wire.ts';
import type { DigestServer } from '../replication/serve-digests.ts';
import { type Answer, json } from './answer.ts';
import { questionOf } from './peer-body.ts';
import type { Event } from './request.ts';

/**
 * Answers `{}` or `{groups}` with digests, `{buckets, cursor}` with stamps, `{keys}` with records.
 * @throws TandemError `invalid_json`, `value_too_large`, `invalid_body`, `stale_epoch`
 */
export async function digestAnswer(event: Event, server: DigestServer): Promise<Answer> {
  const question = questionOf(event);
  if ('buckets' in question) return json(200, await server.stamps(question));
  if ('keys' in question) return json(200, await server.records(question));
  return json(200, encodeDigestAnswer(await server.digest(question)));
}
