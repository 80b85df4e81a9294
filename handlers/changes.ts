// GET /changes: the keys that have changed, in the order in which this node took them in. Not there over DynamoDB.
import { TandemError } from '../lib/errors.ts';
import { changesAnswer, changesQueryOf, nextChanges } from '../lib/http/change-page.ts';
import { endpoint } from '../lib/http/endpoint.ts';
import { withReceipt } from '../lib/http/receipt.ts';
import { isLacking } from '../lib/node/absence.ts';
import { clock, config } from '../lib/node/process.ts';
import { store } from '../lib/node/store.ts';
import { feedWaiting } from '../lib/node/waiting.ts';

export const handler = endpoint(
  withReceipt(async (event) => {
    const { feed } = store;
    if (!feed) throw new TandemError('no_such_route', 'A node over DynamoDB keeps no order of changes.');
    const query = changesQueryOf(event, store, feed, config.maxWaitMs);
    const page = await nextChanges(feed, feedWaiting, query);
    const { from } = query;
    return changesAnswer(page, { store, from, now: clock.now(), isLacking: await isLacking() });
  }),
  { access: 'read', whileRecovering: true },
);
