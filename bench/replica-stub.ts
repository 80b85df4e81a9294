// A replica that acknowledges whatever it is sent and keeps nothing: its cost is that of HTTP alone. In a process of
// its own, which says on which port it listens.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const { records } = JSON.parse(Buffer.concat(chunks).toString()) as { records: unknown[] };
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ id: 'stub', answers: records.map(() => ({ outcome: 'applied' })) }));
  });
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.on('disconnect', () => process.exit());
