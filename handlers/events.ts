// GET /events: what happened to replication in this process lately. Not there where fault injection is off.
import { TandemError } from '../lib/errors.ts';
import { endpoint } from '../lib/http/endpoint.ts';
import { eventAnswer, eventAwaiter, eventQueryOf } from '../lib/http/event-page.ts';
import { events } from '../lib/node/events.ts';
import { clock } from '../lib/node/process.ts';

const awaitEvents = events && eventAwaiter(events, clock);

export const handler = endpoint(
  async (event) => {
    if (!events) throw new TandemError('no_such_route', 'Fault injection is off here (FAULT_INJECTION=off).');
    const query = eventQueryOf(event, events);
    await awaitEvents?.(query);
    return eventAnswer(events, query, clock.now());
  },
  { access: 'read', whileRecovering: true },
);
