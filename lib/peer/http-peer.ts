// The other node, asked over HTTP. Whatever it does instead of answering becomes a reason in words, and of an answer
// only what was asked for is kept.
import * as v from 'valibot';
import { bucketOf } from '../digest.ts';
import { parseJson } from '../json.ts';
import { lookUpAddress, type TokensLookup, type UrlLookup } from './address.ts';
import { CheckedPageSchema, goodRecords, UncheckedAnswerSchema, UncheckedPageSchema } from './check-records.ts';
import { httpClient, type Reply } from './http-client.ts';
import { PEER_TIMEOUT_MS, type Peer, PeerError, QUESTION_TIMEOUT_MS, SWITCHOVER_TIMEOUT_MS } from './peer.ts';
import { PROTOCOL } from './protocol.ts';
import {
  BatchAnswerSchema,
  DigestAnswerSchema,
  GrantSchema,
  HandshakeSchema,
  hasSumsFor,
  MESSAGE_LIMITS,
  type Refusal,
  RefusalSchema,
  splitProtocol,
  withProtocol,
} from './wire.ts';

const HANDSHAKE = '/handshake';

/**
 * @param urlNow where the peer is, for instance `http://127.0.0.1:5001`
 * @param tokensNow its `PEER_TOKEN`
 */
export function httpPeer(urlNow: UrlLookup, tokensNow: TokensLookup): Peer {
  const client = httpClient();

  async function ask<S extends v.GenericSchema>(
    path: string,
    schema: S,
    message: object,
    timeoutMs = PEER_TIMEOUT_MS,
  ): Promise<v.InferOutput<S>> {
    const began = performance.now();
    const address = await lookUpAddress(urlNow, tokensNow, PEER_TIMEOUT_MS);
    const left = timeoutMs - (performance.now() - began);
    const reply = await client
      .post(address, path, withProtocol(message), left)
      .catch((error: NodeJS.ErrnoException) => {
        const isConnectionRefused = error.code === 'ECONNREFUSED';
        throw new PeerError(networkReason(error, address.url, timeoutMs), { isConnectionRefused });
      });
    if (reply.status !== 200) throw refused(reply, address.url, path);
    const { protocol, content } = splitProtocol(parse(reply.body));
    const answer = v.safeParse(schema, content, { abortEarly: true });
    if (!answer.success) throw malformed();
    if (protocol !== PROTOCOL) throw otherProtocol(protocol);
    return answer.output;
  }

  return {
    get bytes() {
      return client.bytes;
    },

    handshake: (own, limitMs) => ask(HANDSHAKE, HandshakeSchema, own, limitMs),

    async replicate(batch) {
      // To forget may take a while.
      const limitMs = batch.compared && QUESTION_TIMEOUT_MS;
      const answer = await ask('/replicate', BatchAnswerSchema, batch, limitMs);
      if (answer.answers.length !== batch.records.length) throw malformed();
      return answer;
    },

    async digest(question) {
      const answer = await ask('/digest', DigestAnswerSchema, question, question.groups && QUESTION_TIMEOUT_MS);
      if (!hasSumsFor(question, answer)) throw malformed();
      return answer;
    },

    async stamps(question) {
      const page = await ask('/digest', CheckedPageSchema, question, QUESTION_TIMEOUT_MS);
      const buckets = new Set(question.buckets);
      return { ...page, stamps: page.stamps.filter(({ key }) => buckets.has(bucketOf(key))) };
    },

    async records(question) {
      const { keys, epoch } = question;
      const { asked, ...answer } = await ask('/digest', UncheckedAnswerSchema, question, QUESTION_TIMEOUT_MS);
      if (asked > keys.length) throw malformed();
      const { records, refused } = await goodRecords(answer.records, epoch);
      const wanted = new Set(keys.slice(0, asked));
      return { asked, records: records.filter(({ key }) => wanted.has(key)), refused };
    },

    async page(question) {
      const page = await ask('/digest', UncheckedPageSchema, question, QUESTION_TIMEOUT_MS);
      return { ...page, ...(await goodRecords(page.records, question.epoch)) };
    },

    owed: (question) => ask('/digest', CheckedPageSchema, question, QUESTION_TIMEOUT_MS),

    switchover: (question) => ask('/switchover', GrantSchema, question, SWITCHOVER_TIMEOUT_MS),
  };
}

function parse(body: string): unknown {
  try {
    return parseJson(body, MESSAGE_LIMITS);
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
      // Node's parser names its errors so: what came was not HTTP.
      if (code?.startsWith('HPE_')) return malformed().message;
      return `replica unreachable: ${code ?? message} at ${url}`;
  }
}

function refused({ status, body }: Reply, url: string, path: string): PeerError {
  const { code, protocol = 1, highestEpoch, begunBy, id, reason: why, detail } = refusalIn(body);
  switch (code) {
    case 'stale_epoch': {
      const reason = 'replica has seen a newer primary (stale_epoch): this one was replaced';
      return new PeerError(reason, { ...(highestEpoch && { highestEpoch }), ...(begunBy && { begunBy }) });
    }
    case 'other_contents': {
      const reason = 'replica has other contents now (other_contents): it has lost what it held';
      return new PeerError(reason, { ...(id && { contentsId: id }) });
    }
    case 'not_replica':
      return new PeerError(`wrong node: ${url} is a primary, not a replica`);
    case 'not_in_sync':
    case 'switching':
    case 'recovering':
      return new PeerError(`the primary did not give the lead away (${code})`, { notInSync: why ?? detail ?? code });
    case 'invalid_body':
      // A node of another protocol finds nothing in a message that it understands.
      if (protocol !== PROTOCOL) return otherProtocol(protocol);
      break;
    case 'no_such_route':
      // Version 0.1 knows no handshake.
      if (path === HANDSHAKE) return otherProtocol(1);
  }
  return new PeerError(`replica answered ${status}${code ? ` (${code})` : ''}`);
}

function otherProtocol(protocol: number): PeerError {
  return new PeerError(`peer speaks protocol ${protocol}, and this node ${PROTOCOL}: deploy one version on both`);
}

function refusalIn(body: string): Partial<Refusal> {
  try {
    const refusal = v.safeParse(RefusalSchema, parseJson(body, MESSAGE_LIMITS), { abortEarly: true });
    return refusal.success ? refusal.output : {};
  } catch {
    return {};
  }
}
