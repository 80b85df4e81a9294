// The first request of each handler, to a store without keys: GET answers 404.
import { withProtocol } from '../lib/peer/wire.ts';
import { eventOf, getEvent, keyAt, listEvent, putEvent } from './workload.ts';

/** What a client, and the peer, show. */
export interface Shown {
  readonly client?: string;
  readonly peer: string;
}

/** @param name of the handler */
export function firstEvent(name: string, shown: Shown) {
  const event = bareEvent(name, { authorization: `Bearer ${shown.peer}` });
  if (shown.client !== undefined) event.headers.authorization ??= `Bearer ${shown.client}`;
  return event;
}

function bareEvent(name: string, fromPeer: { authorization: string }) {
  switch (name) {
    case 'put':
      return putEvent(keyAt(0), 0);
    case 'list':
      return listEvent(keyAt(0));
    case 'repair':
      return eventOf({ method: 'POST', route: 'POST /repair', path: '/repair' });
    case 'replicate': {
      const record = { key: keyAt(0), value: '"x"', epoch: 1, version: 1, updatedAt: 1 };
      // Nobody knows yet which contents a store in memory has: it refuses the batch once it has loaded all it needs.
      const body = JSON.stringify(withProtocol({ from: 'bench', to: 'unknown', epoch: 1, records: [record] }));
      return eventOf({ method: 'POST', route: 'POST /replicate', path: '/replicate', headers: fromPeer, body });
    }
    case 'digest':
      return eventOf({ method: 'GET', route: 'GET /digest', path: '/digest', headers: fromPeer });
    default:
      return getEvent(keyAt(0));
  }
}
