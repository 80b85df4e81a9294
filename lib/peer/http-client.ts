// One JSON request to the peer. Connections are kept alive; every request ends within its time limit.
import type { Agent } from 'node:http';
import { nodeHttp } from '../builtin.ts';
import { closeIdle } from '../idle-connections.ts';
import { MAX_ANSWER_BYTES } from '../limits.ts';
import type { Address } from './address.ts';

export interface Reply {
  readonly status: number;
  readonly body: string;
}

export interface HttpClient {
  /** Bytes of all bodies until now, sent and received. */
  readonly bytes: number;
  /** @throws Error of Node's, with a `code`; ETIMEDOUT and EMSGSIZE are this client's own */
  post(to: Address, path: string, content: unknown, timeoutMs: number): Promise<Reply>;
}

type SendError = NodeJS.ErrnoException & { reusedSocket?: boolean };

export function httpClient(): HttpClient {
  const agents = new Map<ReturnType<typeof nodeHttp>, Agent>();
  let bytes = 0;

  function send({ url, token }: Address, path: string, body: string, timeoutMs: number): Promise<Reply> {
    const client = nodeHttp(url);
    const agent = agents.get(client) ?? new client.Agent({ keepAlive: true });
    agents.set(client, agent);
    return new Promise((resolve, reject) => {
      const headers = {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      };
      const request = client.request(new URL(path, url), { method: 'POST', agent, headers });
      const abort = (code: string) => request.destroy(Object.assign(new Error(code), { code }));
      const timer = setTimeout(abort, timeoutMs, 'ETIMEDOUT');
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
          if (length > MAX_ANSWER_BYTES) abort('EMSGSIZE');
        });
        response.on('end', () => {
          clearTimeout(timer);
          bytes += headers['content-length'] + length;
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') });
        });
      });
      request.end(body);
    });
  }

  return {
    get bytes() {
      return bytes;
    },
    post(to, path, content, timeoutMs) {
      const body = JSON.stringify(content);
      const began = performance.now();
      return send(to, path, body, timeoutMs).catch((error: SendError) => {
        // A kept connection may close just as it is used again. Everything asked of a peer can be asked twice.
        const wasClosed = error.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
        const left = timeoutMs - (performance.now() - began);
        if (!wasClosed || left <= 0) throw error;
        for (const agent of agents.values()) closeIdle(agent);
        return send(to, path, body, left);
      });
    },
  };
}
