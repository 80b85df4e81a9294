// GET /keys: a page of live keys, in UTF-8 byte order.
import { endpoint } from '../lib/http/endpoint.ts';
import { keyPage, keysQueryOf, listAnswer } from '../lib/http/key-page.ts';
import { withReceipt } from '../lib/http/receipt.ts';
import { refuseAbsence } from '../lib/node/absence.ts';
import { clock } from '../lib/node/process.ts';
import { replicaFacts } from '../lib/node/replica-facts.ts';
import { store } from '../lib/node/store.ts';

export const handler = endpoint(
  withReceipt(async (event) => {
    const query = keysQueryOf(event);
    await refuseAbsence();
    const [page, facts] = await Promise.all([keyPage(store, query, clock.now()), replicaFacts()]);
    return listAnswer(page, facts);
  }),
  { access: 'read', role: 'either' },
);
