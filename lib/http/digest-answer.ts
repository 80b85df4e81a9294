// The answer to `/digest`: digests, stamps or records, as the other node asks.
import { encodeDigestAnswer } from '../peer/wire.ts';
import type { DigestServer } from '../replication/serve-digests.ts';
import { type Answer, json } from './answer.ts';
import { peerAnswer } from './peer-answer.ts';
import { questionOf } from './peer-body.ts';
import type { Event } from './request.ts';

/**
 * Answers `GET` with the sums of all groups, for people; a question of the other node with digests, stamps or records.
 * @throws TandemError `invalid_json`, `value_too_large`, `invalid_body`, `other_contents`, `stale_epoch`
 */
export async function digestAnswer(event: Event, server: DigestServer): Promise<Answer> {
  if (event.requestContext.http.method !== 'POST') return json(200, encodeDigestAnswer(await server.groupSums()));
  return peerAnswer(await answerTo(questionOf(event), server));
}

async function answerTo(question: ReturnType<typeof questionOf>, server: DigestServer): Promise<object> {
  if ('buckets' in question) return server.stamps(question);
  if ('keys' in question) return server.records(question);
  if ('after' in question) return server.page(question);
  if ('owedAfter' in question) return server.owed(question);
  return encodeDigestAnswer(await server.digest(question));
}
