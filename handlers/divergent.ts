// GET /divergent: a page of the writes that a failover has superseded unseen.
import { divergentAnswer, divergentQueryOf } from '../lib/http/divergent-page.ts';
import { endpoint } from '../lib/http/endpoint.ts';
import { refuseAbsence } from '../lib/node/absence.ts';
import { store } from '../lib/node/store.ts';

export const handler = endpoint(
  async (event) => {
    const query = divergentQueryOf(event);
    await refuseAbsence();
    return divergentAnswer(await store.divergent(query), store);
  },
  { access: 'read', role: 'either' },
);
