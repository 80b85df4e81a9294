// A replica that acknowledges whatever it is sent and keeps nothing: its cost is that of HTTP alone. Asked what it
// holds it says: nothing. In a process of its own, which says on which port it listens.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Handshake, withProtocol } from '../lib/peer/wire.ts';

const SUMS = 128;
const HANDSHAKE: Handshake = { role: 'replica', id: 'stub', state: 'serving', highestEpoch: 0 };

interface Question {
  readonly groups?: readonly unknown[];
  readonly buckets?: readonly unknown[];
  readonly after?: unknown;
  readonly records?: readonly unknown[];
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const question = JSON.parse(Buffer.concat(chunks).toString());
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(withProtocol({ id: HANDSHAKE.id, ...answerTo(request.url, question) })));
  });
});

/** Digests of all groups, or of the buckets of those asked for; no stamps of any bucket, and no records. */
function answerTo(path: string | undefined, { groups, buckets, after, records = [] }: Question): object {
  if (path === '/handshake') return HANDSHAKE;
  if (path === '/replicate') return { answers: records.map(() => ({ outcome: 'applied' })) };
  if (buckets) return { stamps: [] };
  if (after !== undefined) return { records: [] };
  // Version 0.1 asks for the highest epoch here.
  return { highestEpoch: 0, sums: new Array(SUMS * (groups?.length ?? 1)).fill('0') };
}

server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.on('disconnect', () => process.exit());
