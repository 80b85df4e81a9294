// The other node, asked over HTTP. Connections are kept alive; every request ends within its time limit.
import http from 'node:http';
import https from 'node:https';
import * as v from 'valibot';
import { type BatchAnswer, type Peer, PeerError } from './peer.ts';

/** One request to the peer may take so long, connecting and the whole answer included. */
export const PEER_TIMEOUT_MS = 2000;
/** No answer of a peer is longer: a batch of 500 outcomes takes about 50 KiB. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

const BatchAnswerSchema = v.object({
  id: v.string(),
  answers: v.array(
    v.union([
      v.object({ outcome: v.picklist(['applied', 'same', 'superseded']) }),
      v.object({ outcome: v.literal('failed'), error: v.string() }),
    ]),
  ),
});

interface Reply {
  readonly status: number;
  readonly body: string;
}

/**
 * @param url where the peer is, for instance `http://127.0.0.1:5001`
 * @param token its `PEER_TOKEN`
 */
export function httpPeer(url: string, token: string): Peer {
  const client = url.startsWith('https:') ? https : http;
  const agent = new client.Agent({ keepAlive: true });

  async function post(path: string, content: unknown): Promise<unknown> {
    const body = JSON.stringify(content);
    const reply = await send(path, body)
      .catch((error: NodeJS.ErrnoException & { reusedSocket?: boolean }) => {
        // A kept connection may close just as it is used again. Everything asked of a peer can be asked twice.
        if (error.reusedSocket && error.code === 'ECONNRESET') return send(path, body);
        throw error;
      })
      .catch((error: NodeJS.ErrnoException) => {
        throw new PeerError(networkReason(error, url));
      });
    if (reply.status !== 200) throw new PeerError(statusReason(reply, url));
    return parse(reply.body);
  }

  function send(path: string, body: string): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const headers = {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      };
      const request = client.request(new URL(path, url), { method: 'POST', agent, headers });
      const timer = setTimeout(
        () => request.destroy(Object.assign(new Error(), { code: 'ETIMEDOUT' })),
        PEER_TIMEOUT_MS,
      );
      const fail = (error: Error) => {
        clearTimeout(timer);
        reject(Object.assign(error, { reusedSocket: request.reusedSocket }));
      };
      request.on('error', fail);
      request.on('response', (response) => {
        const chunks: Buffer[] = [];
        let length = 0;
        response.on('error', fail);
        response.on('data', (chunk: Buffer) => {
          chunks.push(chunk);
          length += chunk.length;
          if (length > MAX_ANSWER_BYTES) request.destroy(Object.assign(new Error(), { code: 'EMSGSIZE' }));
        });
        response.on('end', () => {
          clearTimeout(timer);
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') });
        });
      });
      request.end(body);
    });
  }

  return {
    async replicate(batch): Promise<BatchAnswer> {
      const answer = v.safeParse(BatchAnswerSchema, await post('/replicate', batch));
      if (!answer.success || answer.output.answers.length !== batch.records.length) throw malformed();
      return answer.output;
    },
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

function networkReason({ code, message }: NodeJS.ErrnoException, url: string): string {
  switch (code) {
    case 'ECONNREFUSED':
      return `replica unreachable: connection refused at ${url}`;
    case 'ETIMEDOUT':
      return `replica timed out: no answer within ${PEER_TIMEOUT_MS} ms`;
    case 'ECONNRESET':
      return 'replica closed the connection before it answered';
    case 'ENOTFOUND':
      return `replica unreachable: no such host in ${url}`;
    case 'EMSGSIZE':
      return malformed().message;
    default:
      return `replica unreachable: ${code ?? message} at ${url}`;
  }
}

function statusReason({ status, body }: Reply, url: string): string {
  const code = problemCode(body);
  switch (code) {
    case 'stale_epoch':
      return 'replica has seen a newer primary (stale_epoch): this one was replaced';
    case 'not_replica':
      return `wrong node: ${url} is a primary, not a replica`;
    default:
      return `replica answered ${status}${code ? ` (${code})` : ''}`;
  }
}

function problemCode(body: string): string | undefined {
  try {
    const { code } = JSON.parse(body);
    return typeof code === 'string' ? code : undefined;
  } catch {
    return undefined;
  }
}
