// What a primary learns when the other node refuses a message: which contents are there, or that it leads no more.
import { beforeEach, describe, expect, test } from '@jest/globals';
import { type Peer, PeerError, type PeerFailure } from '../../../lib/peer/peer.ts';
import type { Handshake } from '../../../lib/peer/wire.ts';
import { processEpoch } from '../../../lib/replication/current-epoch.ts';
import { learnFromRefusal } from '../../../lib/replication/learn-from-refusal.ts';
import type { PrimaryPair } from '../../../lib/replication/pair.ts';
import { ReplicaState } from '../../../lib/replication/replica-state.ts';
import { memoryStore } from '../../../lib/store/memory/store.ts';
import { RETENTION_MS, START, TestClock, TestLead } from '../../support/replication.ts';

const KNOWN = 'known';

let pair: PrimaryPair;
let lead: TestLead;
beforeEach(() => {
  const [store, clock] = [memoryStore(1e9), new TestClock()];
  lead = new TestLead();
  pair = {
    store,
    clock,
    lead,
    peer: {} as Peer,
    retentionMs: RETENTION_MS,
    describe: async () => ({ role: 'primary', id: store.id, state: 'serving', highestEpoch: START }),
    currentEpoch: processEpoch(store, clock, START, 0, RETENTION_MS),
    replicaState: ReplicaState.recoveredFrom(KNOWN, START),
  };
});

const refusedWith = (failure: PeerFailure) => learnFromRefusal(pair, new PeerError('refused', failure));

interface Known {
  readonly lostTo?: readonly number[];
  readonly epoch?: number;
  readonly contentsId?: string;
}

/** Nothing is learned but this. */
function expectKnown({ lostTo = [], epoch = START, contentsId = KNOWN }: Known): void {
  const { currentEpoch, replicaState } = pair;
  expect([lead.lostTo, currentEpoch.value, replicaState.facts.contentsId]).toEqual([lostTo, epoch, contentsId]);
}

describe('a refusal', () => {
  test.each<[string, PeerFailure]>([
    ['for no reason that is known', {}],
    ['for an earlier epoch', { highestEpoch: START - 1, begunBy: 'another' }],
    ['for its own epoch, of which nobody knows who began it', { highestEpoch: START }],
  ])('%s tells nothing, and the same may not be asked again', async (_, failure) => {
    expect(await refusedWith(failure)).toBe(false);
    expectKnown({});
  });

  test('P4 of other contents tells which there are, and everything is to be compared; the same may be asked of these', async () => {
    expect(await refusedWith({ contentsId: 'others' })).toBe(true);
    expectKnown({ contentsId: 'others' });
    expect(pair.replicaState.facts).toMatchObject({ owesComparison: true, isRefilling: true });
  });

  test.each([[undefined], ['another']])(
    'P3 R4 for a later epoch tells that this node leads no more, also where it is %p who began that',
    async (begunBy) => {
      const failure = { highestEpoch: START + 1, ...(begunBy !== undefined && { begunBy }) };
      expect(await refusedWith(failure)).toBe(false);
      expectKnown({ lostTo: [START + 1] });
    },
  );

  test('P2 R3 for the very same epoch, which another primary has begun, tells the same: `same` would acknowledge its records', async () => {
    expect(await refusedWith({ highestEpoch: START, begunBy: 'another' })).toBe(false);
    expectKnown({ lostTo: [START] });
  });

  test('for a later epoch that this primary has begun itself tells that it has: the same may be asked in that', async () => {
    expect(await refusedWith({ highestEpoch: START + 2, begunBy: pair.store.id })).toBe(true);
    expectKnown({ epoch: START + 2 });
  });
});

describe('a node that is no replica', () => {
  const leading: Handshake = { role: 'primary', id: 'another', state: 'serving', highestEpoch: START + 1 };

  test.each(['serving', 'switching'] as const)('P3 R4 tells that it leads in a later epoch, %s', async (state) => {
    expect(await refusedWith({ said: { ...leading, state } })).toBe(false);
    expectKnown({ lostTo: [START + 1] });
  });

  test.each<[string, Partial<Handshake>]>([
    ['recovers, and leads nothing yet', { state: 'recovering' }],
    ['leads in an earlier epoch, and is the one to step down', { highestEpoch: START - 1 }],
  ])('R2 that %s changes nothing', async (_, more) => {
    expect(await refusedWith({ said: { ...leading, ...more } })).toBe(false);
    expectKnown({});
  });
});

test('a failure of this node itself is no refusal', async () => {
  expect(await learnFromRefusal(pair, new Error('the store does not answer'))).toBe(false);
  expectKnown({});
});
