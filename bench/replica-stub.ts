// A replica that acknowledges whatever it is sent and keeps nothing: its cost is that of HTTP alone. Asked what it
// holds it says: nothing. In a process of its own, which says on which port it listens.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const SUMS = 128;

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const question = JSON.parse(Buffer.concat(chunks).toString());
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify({ id: 'stub', ...(request.url === '/digest' ? contents(question) : applied(question)) }),
    );
  });
});

/** Digests of all groups, or of the buckets of those asked for; or no stamps of any bucket. */
function contents({ groups, buckets }: { groups?: unknown[]; buckets?: unknown[] }) {
  if (buckets) return { stamps: [] };
  return { highestEpoch: 0, sums: new Array(SUMS * (groups?.length ?? 1)).fill('0') };
}

function applied({ records }: { records: unknown[] }) {
  return { answers: records.map(() => ({ outcome: 'applied' })) };
}

server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.on('disconnect', () => process.exit());
