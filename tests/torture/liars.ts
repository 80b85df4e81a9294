// Nodes with a bug, made of one without: a server in front of it that changes what it is told, or what it answers.
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer, text } from 'node:stream/consumers';
import type { Disguise } from './cluster.ts';

interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly body: string;
}

interface Reply {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** @param forward asks the node */
type Lie = (exchange: Exchange, forward: (body?: string) => Promise<Reply>) => Promise<Reply>;

/** A replica that leaves out every fifth record and says that it has applied it. */
export const withholding: Disguise = (target) => {
  let count = 0;
  return front(target, async ({ path, body }, forward) => {
    if (path !== '/replicate') return forward();
    const batch = JSON.parse(body);
    const isLeftOut = batch.records.map(() => ++count % 5 === 0);
    const records = batch.records.filter((_: unknown, i: number) => !isLeftOut[i]);
    const reply = await forward(JSON.stringify({ ...batch, records }));
    if (reply.status !== 200) return reply;
    const { answers, ...rest } = JSON.parse(reply.body);
    const told = isLeftOut.map((isOut: boolean) => (isOut ? { outcome: 'applied' } : answers.shift()));
    return { ...reply, body: JSON.stringify({ ...rest, answers: told }) };
  });
};

/** A primary that answers every tenth read of a key as it answered one before. */
export const stale: Disguise = (target) => {
  let count = 0;
  const before = new Map<string, Reply>();
  return front(target, async ({ method, path }, forward) => {
    if (method !== 'GET' || !path.startsWith('/key/')) return forward();
    const old = before.get(path);
    if (old && ++count % 10 === 0) return old;
    const reply = await forward();
    if (reply.status === 200) before.set(path, old && count % 10 !== 1 ? old : reply);
    return reply;
  });
};

/** A primary that takes every condition for fulfilled. */
export const unconditional: Disguise = (target) =>
  front(target, (_, forward) => forward(), ['if-match', 'if-none-match']);

/** A primary that always says that both nodes are in sync. */
export const carefree: Disguise = (target) =>
  front(target, async ({ path }, forward) => {
    const reply = await forward();
    if (path !== '/status') return reply;
    const status = { ...JSON.parse(reply.body), inSync: true, checkedAt: new Date().toISOString() };
    return { ...reply, body: JSON.stringify(status) };
  });

/** @param without headers that the node does not get */
async function front(target: number, lie: Lie, without: readonly string[] = []) {
  const server = createServer(async (incoming, response) => {
    const { method = 'GET', url = '/', headers } = incoming;
    const kept = Object.fromEntries(Object.entries(headers).filter(([name]) => !without.includes(name)));
    try {
      const body = await text(incoming);
      const forward = (changed = body) => send(target, { method, path: url, body: changed }, kept);
      const reply = await lie({ method, path: url, body }, forward);
      const content = Buffer.from(reply.body);
      response.writeHead(reply.status, { ...reply.headers, 'content-length': content.length }).end(content);
    } catch {
      // There is no node: its clients notice it as they would without this server.
      incoming.socket.destroy();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function send(port: number, { method, path, body }: Exchange, headers: IncomingMessage['headers']): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const content = Buffer.from(body);
    const length = content.length > 0 && { 'content-length': content.length };
    const sent = request(
      { port, host: '127.0.0.1', method, path, headers: { ...headers, ...length } },
      async (answer) => {
        try {
          const received = (await buffer(answer)).toString();
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: received });
        } catch (error) {
          reject(error);
        }
      },
    );
    sent.on('error', reject);
    sent.end(content);
  });
}
