// The answer to `GET /status` as JSON Schema: one for each role, and one for a primary that is recovering.
import { count, keys, object, time } from './parts.ts';

export const NODE_STATUS = {
  oneOf: [
    object(
      {
        role: { const: 'primary' },
        state: { enum: ['serving', 'switching'] },
        id: { type: 'string' },
        epoch: { type: ['integer', 'null'], minimum: 1 },
        store: { type: 'string' },
        ...keys,
        backlog: object({ count, oldestAgeMs: { type: ['integer', 'null'] }, isAtLeast: { const: true } }, [
          'isAtLeast',
        ]),
        divergent: { ...count, description: 'Writes that `GET /divergent` lists.' },
        inSync: { type: 'boolean' },
        inSyncSince: { type: ['string', 'null'] },
        checkedAt: time,
        replica: object({
          url: { type: ['string', 'null'] },
          reachable: { type: ['boolean', 'null'] },
          id: { type: ['string', 'null'] },
          state: { enum: ['refilling', 'serving', null] },
          lastContactAt: { type: ['string', 'null'] },
          error: { type: ['string', 'null'] },
          circuit: { enum: ['closed', 'open', 'half_open'] },
        }),
      },
      ['keysAtLeast'],
    ),
    object(
      {
        role: { const: 'primary' },
        state: { const: 'recovering' },
        id: { type: 'string' },
        store: { type: 'string' },
        ...keys,
        inSync: { const: false },
        checkedAt: time,
        replica: object({
          url: { type: ['string', 'null'] },
          reachable: { type: ['boolean', 'null'] },
          id: { type: ['string', 'null'] },
          state: { enum: ['refilling', 'serving', null] },
          error: { type: ['string', 'null'] },
        }),
      },
      ['keysAtLeast'],
    ),
    object(
      {
        role: { const: 'replica' },
        state: { enum: ['refilling', 'serving'] },
        id: { type: 'string' },
        highestEpoch: count,
        store: { type: 'string' },
        ...keys,
        lastContactAt: { type: ['string', 'null'] },
        checkedAt: time,
        primary: object({
          url: { type: ['string', 'null'] },
          reachable: { type: ['boolean', 'null'] },
          state: { enum: ['recovering', 'serving', 'switching', null] },
          epoch: { type: ['integer', 'null'] },
          error: { type: ['string', 'null'] },
        }),
      },
      ['keysAtLeast'],
    ),
  ],
};
