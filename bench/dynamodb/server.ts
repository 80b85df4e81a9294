// The process of the local DynamoDB endpoint, which says on which port it listens. Metered, it has every request
// report what it consumes, and tells what that adds up to.
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { serverOf, storeInMemory } from '../../scripts/dynamodb/store.ts';

/** What was asked of the endpoint so far. */
export interface Usage {
  /** By operation. */
  readonly requests: Record<string, number>;
  readonly readUnits: number;
  /** Of this process: what a real DynamoDB would not take from the machine. */
  readonly cpuMs: number;
}

const READS = ['GetItem', 'Query'];

const requests: Record<string, number> = {};
let readUnits = 0;

const server = serverOf(storeInMemory());
if (process.argv[2] === 'metered') meter();
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.on('disconnect', () => process.exit());
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ requests, readUnits, cpuMs: (user + system) / 1000 } satisfies Usage);
});

function meter(): void {
  const [answer] = server.listeners('request') as [RequestListener];
  server.removeAllListeners('request');
  server.on('request', async (request: IncomingMessage, response: ServerResponse) => {
    const operation = `${request.headers['x-amz-target']}`.split('.')[1] as string;
    requests[operation] = (requests[operation] ?? 0) + 1;
    const { headers, method, url } = request;
    if (!READS.includes(operation)) {
      const body = Buffer.from(await text(request));
      answer.call(server, Object.assign(Readable.from([body]), { headers, method, url }) as IncomingMessage, response);
      return;
    }
    const question = { ...JSON.parse(await text(request)), ReturnConsumedCapacity: 'TOTAL' };
    const body = Buffer.from(JSON.stringify(question));
    const end = response.end.bind(response);
    response.end = ((content: string) => {
      readUnits += JSON.parse(content).ConsumedCapacity?.CapacityUnits ?? 0;
      return end(content);
    }) as typeof response.end;
    answer.call(server, Object.assign(Readable.from([body]), { headers, method, url }) as IncomingMessage, response);
  });
}
