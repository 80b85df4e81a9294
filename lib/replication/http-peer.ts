// The other node, asked over HTTP. Whatever it does instead of answering becomes a reason in words.
import * as v from 'valibot';
import { httpClient, PEER_TIMEOUT_MS, QUESTION_TIMEOUT_MS, type Reply } from './http-client.ts';
import { type Peer, PeerError } from './peer.ts';
import { lookUpTarget, type TokensLookup, type UrlLookup } from './target.ts';

const Count = v.pipe(v.number(), v.safeInteger());
const Stamp = { key: v.string(), epoch: Count, version: Count };

/** Reasons are kept in a key's status, ten of them: what is longer is cut. */
const Reason = v.pipe(
  v.string(),
  v.transform((text) => text.slice(0, 500)),
);

const BatchAnswerSchema = v.object({
  id: v.string(),
  answers: v.array(
    v.union([
      v.object({ outcome: v.picklist(['applied', 'same', 'superseded']) }),
      v.object({ outcome: v.literal('failed'), error: Reason }),
    ]),
  ),
});

const DigestSchema = v.object({
  id: v.string(),
  highestEpoch: Count,
  sums: v.array(
    v.pipe(
      v.string(),
      v.regex(/^[0-9a-f]{1,16}$/),
      v.transform((hex) => BigInt(`0x${hex}`)),
    ),
  ),
});

const StampPageSchema = v.object({
  stamps: v.array(v.object({ ...Stamp, deadAt: v.exactOptional(Count) })),
  cursor: v.exactOptional(v.string()),
});

const RecordsSchema = v.object({
  records: v.array(
    v.object({ ...Stamp, value: v.exactOptional(v.string()), updatedAt: Count, expiresAt: v.exactOptional(Count) }),
  ),
  asked: v.pipe(Count, v.minValue(1)),
});

/**
 * @param urlNow where the peer is, for instance `http://127.0.0.1:5001`
 * @param tokensNow its `PEER_TOKEN`
 */
export function httpPeer(urlNow: UrlLookup, tokensNow: TokensLookup): Peer {
  const client = httpClient();

  async function ask<S extends v.GenericSchema>(
    path: string,
    schema: S,
    content: unknown,
    timeoutMs = PEER_TIMEOUT_MS,
  ): Promise<v.InferOutput<S>> {
    const began = performance.now();
    const target = await lookUpTarget(urlNow, tokensNow, PEER_TIMEOUT_MS);
    const { url } = target;
    const left = timeoutMs - (performance.now() - began);
    const reply = await client.post(target, path, content, left).catch((error: NodeJS.ErrnoException) => {
      throw new PeerError(networkReason(error, url, timeoutMs));
    });
    if (reply.status !== 200) throw refusal(reply, url);
    const answer = v.safeParse(schema, parse(reply.body));
    if (!answer.success) throw malformed();
    return answer.output;
  }

  return {
    get bytes() {
      return client.bytes;
    },
    async replicate(batch) {
      const answer = await ask('/replicate', BatchAnswerSchema, batch);
      if (answer.answers.length !== batch.records.length) throw malformed();
      return answer;
    },
    digest: (question) => ask('/digest', DigestSchema, question, question.groups && QUESTION_TIMEOUT_MS),
    stamps: (question) => ask('/digest', StampPageSchema, question, QUESTION_TIMEOUT_MS),
    records: (question) => ask('/digest', RecordsSchema, question),
  };
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw malformed();
  }
}

function malformed(): PeerError {
  return new PeerError('replica gave a malformed answer; is PEER_URL a Tandem replica of this version?');
}

function networkReason({ code, message }: NodeJS.ErrnoException, url: string, timeoutMs: number): string {
  switch (code) {
    case 'ECONNREFUSED':
      return `replica unreachable: connection refused at ${url}`;
    case 'ETIMEDOUT':
      return `replica timed out: no answer within ${timeoutMs} ms`;
    case 'ECONNRESET':
      return 'replica closed the connection before it answered';
    case 'ENOTFOUND':
      return `replica unreachable: no such host in ${url}`;
    case 'EMSGSIZE':
      return malformed().message;
    default:
      // Node's names for what is no HTTP.
      if (code?.startsWith('HPE_')) return malformed().message;
      return `replica unreachable: ${code ?? message} at ${url}`;
  }
}

function refusal({ status, body }: Reply, url: string): PeerError {
  const { code, highestEpoch, isOver } = problemIn(body);
  switch (code) {
    case 'stale_epoch':
      return new PeerError(
        'replica has seen a newer primary (stale_epoch): this one was replaced',
        highestEpoch,
        isOver,
      );
    case 'not_replica':
      return new PeerError(`wrong node: ${url} is a primary, not a replica`);
    default:
      return new PeerError(`replica answered ${status}${code ? ` (${code})` : ''}`);
  }
}

const ProblemSchema = v.object({ code: v.string(), highestEpoch: v.optional(Count), isOver: v.optional(v.boolean()) });

function problemIn(body: string): Partial<v.InferOutput<typeof ProblemSchema>> {
  try {
    const problem = v.safeParse(ProblemSchema, JSON.parse(body));
    return problem.success ? problem.output : {};
  } catch {
    return {};
  }
}
