// What `GET /changes` does where the store keeps an order of its changes.
import { isLacking } from '../node/absence.ts';
import { clock, config } from '../node/process.ts';
import { store } from '../node/store.ts';
import { feedWaiting } from '../node/waiting.ts';
import { changesAnswer, changesQueryOf, nextChanges } from './change-page.ts';
import type { Action } from './endpoint.ts';
import { withReceipt } from './receipt.ts';

export const changes: Action = withReceipt(async (event) => {
  const { feed } = store;
  if (!feed) throw new Error(`A store of the kind ${store.kind} keeps no order.`);
  const query = changesQueryOf(event, store, feed, config.maxWaitMs);
  const page = await nextChanges(feed, feedWaiting, query);
  const { from } = query;
  return changesAnswer(page, { store, from, now: clock.now(), isLacking: await isLacking() });
});
