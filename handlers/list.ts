// GET /keys: a page of live keys, in UTF-8 byte order.
import { endpoint } from '../lib/http/endpoint.ts';
import { listAnswer, listQueryOf } from '../lib/http/key-page.ts';
import { clock } from '../lib/node/process.ts';
import { store } from '../lib/node/store.ts';

export const handler = endpoint(
  async (event) => {
    const query = listQueryOf(event);
    return listAnswer(await store.list({ ...query, now: clock.now() }));
  },
  { access: 'read' },
);
