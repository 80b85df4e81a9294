// What the answers of a node mean, in a sentence; and that an answer of something else throws nothing.
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { SentRequest } from '../../../../ui/nodes/exchange.ts';
import { type Operation, operations } from '../../../../ui/nodes/operations.ts';
import { outcomeOf } from '../../../../ui/nodes/outcome.ts';

const sent = (operation: Operation): SentRequest => ({
  ...operation,
  node: { id: 'a', name: 'A', beginsAs: 'primary', url: 'http://localhost:5000', isFromLink: false, isLocal: true },
  url: `http://localhost:5000${operation.path}`,
  nodeName: 'the primary',
  otherName: 'the replica',
  nodeLabel: 'A · primary',
  hasToken: false,
  hasSecret: false,
});

const told = (operation: Operation, status: number, body: unknown) =>
  outcomeOf({
    request: sent(operation),
    response: { status, statusText: '', headers: [], text: typeof body === 'string' ? body : JSON.stringify(body) },
  });

const FAULT = { kind: 'error', keyPrefix: '', probability: 1, count: null, delayMs: 0, ttl: 60 } as const;

test.each<[Operation, number, unknown, string]>([
  [operations.put('k', '1'), 201, { key: 'k', version: 1, status: 'replicated' }, 'k is at version 1, on both nodes.'],
  [
    operations.put('k', '1'),
    202,
    { key: 'k', version: 1, status: 'pending', error: 'it is slow' },
    'k is at version 1 on the primary and not yet on the replica (pending): it is slow.',
  ],
  [
    operations.delete('k'),
    200,
    { key: 'k', version: 2, status: 'replicated' },
    'k is deleted, as version 2, on both nodes.',
  ],
  [operations.get('k'), 200, { key: 'k', version: 1, value: 1 }, 'k is at version 1 on the primary:'],
  [
    operations.status('k'),
    200,
    { key: 'k', version: 1, status: 'replicated', lagMs: 4 },
    'k, version 1, is replicated, 4 ms after it was written.',
  ],
  [operations.addFault(FAULT), 201, { ...FAULT, id: 'f' }, 'error is on at the primary.'],
  [operations.removeFault('f'), 200, { faults: [], always: [] }, '0 faults on at the primary.'],
  [
    operations.promote(true),
    200,
    { mode: 'failover', epoch: 3, durationMs: 5, atRisk: null },
    'Failover: node A leads in epoch 3, after 5 ms. How many writes only the former primary has is not known.',
  ],
  [operations.acknowledge, 200, { acknowledged: 1, complete: true }, '1 divergent write acknowledged.'],
  [operations.get('k'), 404, { detail: 'There is no key.', code: 'key_not_found' }, 'There is no key.'],
])('%j answered %s', (operation, status, body, text) => {
  expect(told(operation, status, body).text).toBe(text);
});

test('no answer names the node and its address', () => {
  expect(outcomeOf({ request: sent(operations.repair), error: 'No answer.' })).toMatchObject({
    tone: 'bad',
    text: 'No answer. Is the primary running at http://localhost:5000?',
  });
});

test('whatever answers, there is a sentence', () => {
  const all = [
    operations.put('k', '1'),
    operations.get('k'),
    operations.status('k'),
    operations.repair,
    operations.promote(false),
    operations.acknowledge,
    operations.faults,
    operations.addFault(FAULT),
  ];
  fc.assert(
    fc.property(
      fc.constantFrom(...all),
      fc.integer({ min: 200, max: 599 }),
      fc.oneof(fc.json(), fc.string()),
      (asked, status, body) => {
        expect(typeof told(asked, status, body).text).toBe('string');
      },
    ),
    { seed: 14, numRuns: 500 },
  );
});
