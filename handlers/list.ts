// GET /keys: a page of live keys, in UTF-8 byte order.
import { endpoint } from '../lib/http/endpoint.ts';
import { keysQueryOf, listAnswer } from '../lib/http/key-page.ts';
import { refuseAbsence } from '../lib/node/absence.ts';
import { clock } from '../lib/node/process.ts';
import { replicaFacts } from '../lib/node/replica-facts.ts';
import { store } from '../lib/node/store.ts';
import { foldedPage } from '../lib/store/folded.ts';

export const handler = endpoint(
  async (event) => {
    const { delimiter, ...listed } = keysQueryOf(event);
    await refuseAbsence();
    const query = { ...listed, now: clock.now() };
    const listing = delimiter === undefined ? store.list(query) : foldedPage(store, query, delimiter);
    const [page, facts] = await Promise.all([listing, replicaFacts()]);
    return listAnswer(page, facts);
  },
  { access: 'read', role: 'either' },
);
