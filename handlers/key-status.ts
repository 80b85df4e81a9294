// GET /status/{key}: how the copy of a key's latest write is doing.
import { json } from '../lib/http/answer.ts';
import { endpoint } from '../lib/http/endpoint.ts';
import { notFound } from '../lib/http/read-answer.ts';
import { statusBody } from '../lib/http/representation.ts';
import { keyOf } from '../lib/http/request.ts';
import { refuseAbsence } from '../lib/node/absence.ts';
import { copyStatus } from '../lib/node/replica-facts.ts';
import { store } from '../lib/node/store.ts';

export const handler = endpoint(
  async (event) => {
    const key = keyOf(event);
    const entry = await store.get(key);
    if (entry === undefined) {
      await refuseAbsence();
      throw notFound(key);
    }
    const status = await copyStatus();
    return json(200, statusBody(entry, status(entry)));
  },
  { access: 'read', role: 'either' },
);
