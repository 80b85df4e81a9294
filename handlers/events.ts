// GET /events: what happened to replication in this process lately. Not there where fault injection is off.
import { endpoint } from '../lib/http/endpoint.ts';
import { eventAnswer, eventAwaiter, eventQueryOf } from '../lib/http/event-page.ts';
import { injected } from '../lib/http/injected.ts';
import { events } from '../lib/node/events.ts';
import { clock } from '../lib/node/process.ts';

const awaitEvents = events && eventAwaiter(events, clock);

export const handler = endpoint(
  async (event) => {
    const ring = injected(events);
    const query = eventQueryOf(event, ring);
    await awaitEvents?.(query);
    return eventAnswer(ring, query, clock.now());
  },
  { access: 'read', whileRecovering: true },
);
