// The process of one node that is repaired: functions as they are deployed, behind HTTP or called by message. It watches
// its memory meanwhile.
import type { AddressInfo } from 'node:net';
import { Gateway } from '../../scripts/serve/gateway.ts';
import { loadHandler } from '../artifact.ts';
import { CONTEXT, eventOf, type Handler } from '../workload.ts';
import { type Memory, watchMemory } from './memory.ts';

export type Order =
  | { readonly serve: true }
  | { readonly rest: { readonly collectEveryMs?: number } }
  | { readonly repair: true }
  | { readonly report: true };

let watching: (() => Memory) | undefined;

process.on('message', async (order: Order) => {
  process.send?.(await done(order));
});
process.on('disconnect', () => process.exit());

async function done(order: Order): Promise<unknown> {
  if ('serve' in order) return serve();
  if ('repair' in order) return repair();
  if ('rest' in order) watching = await watchMemory(order.rest.collectEveryMs);
  return watching?.();
}

async function repair(): Promise<unknown> {
  const handler = await loadHandler('repair');
  const headers = { authorization: `Bearer ${process.env.WRITE_TOKEN}` };
  const answer = await handler(eventOf({ method: 'POST', route: 'POST /repair', path: '/repair', headers }), CONTEXT);
  if (answer.statusCode !== 200) throw new Error(`POST /repair answered ${answer.statusCode}: ${answer.body}`);
  return JSON.parse(answer.body as string);
}

/** What a replica is asked. @returns the port */
async function serve(): Promise<number> {
  const handlers: Readonly<Record<string, Handler>> = {
    'POST /replicate': await loadHandler('replicate'),
    'POST /digest': await loadHandler('digest'),
  };
  const { server } = new Gateway({
    routes: Object.keys(handlers),
    invoke: (route, event) => (handlers[route] as Handler)(event, CONTEXT),
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}
