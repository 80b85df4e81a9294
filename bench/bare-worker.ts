// A bare node:http server, in a process of its own: what an answer over HTTP costs without Tandem. It gives the answers that it was
// told, and with the URL of another one keeps what it is sent there first. It says on which port it listens.
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { CpuTime } from './inside.ts';

/** An answer of Tandem's: as many headers and bytes. */
export interface BareAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface BareOptions {
  readonly get: BareAnswer;
  readonly put: BareAnswer;
  /** Where the other one of the pair is. Absent: it has none. */
  readonly peer?: string;
}

const { get, put, peer }: BareOptions = JSON.parse(process.argv[2] as string);
const kept = new Map<string, unknown>();
const agent = new Agent({ keepAlive: true });

const server = createServer(async (incoming, response) => {
  const { method, url = '' } = incoming;
  if (method === 'GET') return void response.writeHead(get.status, get.headers).end(get.body);
  const body = await text(incoming);
  kept.set(url, JSON.parse(body).value);
  if (peer !== undefined) await send(peer + url, body);
  response.writeHead(put.status, put.headers).end(put.body);
});

function send(to: string, body: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const sent = request(to, { method: 'PUT', agent, headers }, async (answer) => {
      JSON.parse(await text(answer));
      resolve();
    });
    sent.once('error', reject);
    sent.end(body);
  });
}

process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ microseconds: user + system } satisfies CpuTime);
});
process.on('disconnect', () => process.exit());
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
