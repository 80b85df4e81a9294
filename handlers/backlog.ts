// GET /backlog: a page of what the replica has not acknowledged, oldest write first.
import { backlogAnswer, backlogQueryOf } from '../lib/http/backlog-page.ts';
import { endpoint } from '../lib/http/endpoint.ts';
import { clock } from '../lib/node/process.ts';
import { replicaFacts } from '../lib/node/replica-facts.ts';
import { store } from '../lib/node/store.ts';

export const handler = endpoint(
  async (event) => {
    const query = backlogQueryOf(event);
    const [page, facts] = await Promise.all([store.backlog(query), replicaFacts()]);
    return backlogAnswer(page, clock.now(), facts?.isRefilling ?? false);
  },
  { access: 'read', role: 'primary' },
);
