// In the place of a replica: answers a primary that recovers as a replica with nothing in it does, but slowly, so that
// the primary goes on recovering for a minute and more.
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { BUCKETS_PER_GROUP } from '../../lib/digest.ts';

/** Of each answer, in milliseconds: well within the time limit of the question, of which there are sixteen. */
const DELAY_MS = 4000;

/** Listens where the replica would. */
export async function startSlowReplica(url: string): Promise<{ stop(): Promise<void> }> {
  const ended = new AbortController();
  const server = createServer(async (request, response) => {
    const { groups = [] }: { groups?: number[] } = JSON.parse((await text(request)) || '{}');
    const sums = Array.from({ length: groups.length * BUCKETS_PER_GROUP }, () => '0');
    if (groups.length > 0) await sleep(DELAY_MS, undefined, { signal: ended.signal }).catch(() => {});
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ id: 'slow', highestEpoch: 0, sums }));
  });
  await new Promise<void>((resolve) => server.listen(Number(new URL(url).port), '127.0.0.1', resolve));
  return {
    async stop() {
      ended.abort();
      const stopped = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await stopped;
    },
  };
}
