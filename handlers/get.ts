// GET /key/{key}: read a value from this node's own copy.
import { endpoint } from '../lib/http/endpoint.ts';
import { keyReader } from '../lib/http/freshness.ts';
import { readAnswer } from '../lib/http/read-answer.ts';
import { withReceipt } from '../lib/http/receipt.ts';
import { keyOf } from '../lib/http/request.ts';
import { refuseAbsence } from '../lib/node/absence.ts';
import { clock, config } from '../lib/node/process.ts';
import { copyStatus } from '../lib/node/replica-facts.ts';
import { store } from '../lib/node/store.ts';
import { keyWaiting } from '../lib/node/waiting.ts';

const entryFor = keyReader(store, clock, keyWaiting, config.maxWaitMs);

export const handler = endpoint(
  withReceipt(async (event) => {
    const key = keyOf(event);
    const entry = await entryFor(event, key);
    if (entry === undefined) await refuseAbsence();
    return readAnswer(key, entry, event.headers['if-none-match'], clock.now(), await copyStatus());
  }),
  { access: 'read', role: 'either' },
);
