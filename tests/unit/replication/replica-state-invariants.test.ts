// What holds of a replica state whatever happens, in whatever order.
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { PeerError } from '../../../lib/peer/peer.ts';
import { type ReplicaFacts, ReplicaState } from '../../../lib/replication/replica-state.ts';

interface Details {
  readonly id: string;
  readonly isBad: boolean;
  readonly hasFailures: boolean;
  readonly n: number;
}

/** The comparison with these contents that would be under way now. */
const comparison = ({ facts: { round } }: ReplicaState, contentsId: string) => ({ contentsId, round });

/** Each event that there can be, with its details and its time. */
const EVENTS = {
  answered: (state: ReplicaState, { id }: Details, now: number) => state.answered(id, now),
  met: (state: ReplicaState, { id, isBad }: Details, now: number) => state.met(id, now, isBad),
  requestFailed: (state: ReplicaState) => state.requestFailed(new PeerError('failed')),
  recordAcknowledged: (state: ReplicaState, { isBad }: Details, now: number) => state.recordAcknowledged(isBad, now),
  recordFailed: (state: ReplicaState, { n }: Details, now: number) => state.recordFailed(now + n),
  recordDue: (state: ReplicaState, { n }: Details, now: number) => state.recordDue(now + n),
  recordNotTried: (state: ReplicaState) => state.recordNotTried(),
  requireBacklog: (state: ReplicaState) => state.requireBacklog(),
  backlogStarted: (state: ReplicaState) => state.backlogStarted(),
  backlogEmpty: (state: ReplicaState) => state.backlogEmpty(),
  comparisonOwed: (state: ReplicaState) => state.comparisonOwed(),
  comparisonStarted: (state: ReplicaState, { id }: Details) => state.comparisonStarted(id),
  comparedUpTo: (state: ReplicaState, { id, n, isBad, hasFailures }: Details) =>
    state.comparedUpTo({ ...comparison(state, id), from: n, foundDifferences: isBad, hasFailures }),
  comparisonEnded: (state: ReplicaState, { id, isBad, hasFailures }: Details, now: number) =>
    state.comparisonEnded({ ...comparison(state, id), from: 0, foundDifferences: isBad, hasFailures }, now),
  absenceTakenForTrue: (state: ReplicaState) => state.absenceTakenForTrue(),
  comparisonPostponed: (state: ReplicaState, { n }: Details, now: number) => state.comparisonPostponed(now + n),
};

type Event = Details & { readonly name: keyof typeof EVENTS };

const event: fc.Arbitrary<Event> = fc.record({
  name: fc.constantFrom(...(Object.keys(EVENTS) as Event['name'][])),
  id: fc.constantFrom('a', 'b'),
  isBad: fc.boolean(),
  hasFailures: fc.boolean(),
  n: fc.nat(20),
});

/** Lets it all happen, and looks at the facts before and after each event. */
function always(holds: (before: ReplicaFacts, event: Event, after: ReplicaFacts) => void): void {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 40 }), (events) => {
      const state = new ReplicaState();
      for (const [now, each] of events.entries()) {
        const before = { ...state.facts };
        EVENTS[each.name](state, each, now);
        holds(before, each, state.facts);
      }
    }),
    { numRuns: 300 },
  );
}

test('every event is among those that are tried, but for what other processes have learned', () => {
  const methods = Object.getOwnPropertyNames(ReplicaState.prototype);
  const others = ['constructor', 'facts', 'learned', 'observe'];
  expect(methods.filter((name) => !others.includes(name)).sort()).toEqual(Object.keys(EVENTS).sort());
});

test('P4 other contents than before owe a comparison of everything, and are not in sync', () =>
  always((before, { name, id }, after) => {
    if (name !== 'met' || before.contentsId === undefined || before.contentsId === id) return;
    expect(after).toMatchObject({ owesComparison: true, isRefilling: true });
    expect(after).not.toHaveProperty('comparison');
    expect(after).not.toHaveProperty('inSyncSince');
  }));

test('P4 a comparison is owed until one of these contents got through and left nothing', () =>
  always((before, { name, id, hasFailures }, after) => {
    if (!before.owesComparison || after.owesComparison) return;
    expect([name, hasFailures]).toEqual(['comparisonEnded', false]);
    expect(before.comparison?.contentsId).toBe(id);
  }));

test('P2 a replica with other contents is refilled until a comparison with these got through', () =>
  always((before, { name, id }, after) => {
    if (before.isRefilling && !after.isRefilling) {
      expect([name, id]).toEqual(['comparisonEnded', before.comparison?.contentsId]);
    }
    if (!before.isRefilling && after.isRefilling) expect(name).toBe('met');
  }));

test('P2 what contents say that are not the present ones changes nothing', () =>
  always((before, { name, id }, after) => {
    if (name === 'answered' && id !== before.contentsId) expect(after).toEqual(before);
  }));

test('P4 the backlog is owed until it is being shipped', () =>
  always((before, { name }, after) => {
    if (before.owesBacklog && !after.owesBacklog) expect(name).toBe('backlogStarted');
    if (['requestFailed', 'recordNotTried', 'requireBacklog'].includes(name)) expect(after.owesBacklog).toBe(true);
  }));

test('P4 a record is due no later than it was, until the backlog is being shipped', () =>
  always((before, { name }, after) => {
    if (name !== 'backlogStarted') expect(after.retryAt).toBeLessThanOrEqual(before.retryAt);
  }));

test('the nodes are in sync since no time before a comparison got through', () =>
  always((before, { name }, after) => {
    if (before.inSyncSince === undefined && after.inSyncSince !== undefined) expect(name).toBe('comparisonEnded');
    if (after.inSyncSince !== undefined) expect(after.comparedAt).toBeDefined();
  }));

test('P4 a comparison comes further only with the contents that it was started with', () =>
  always((before, { name, id }, after) => {
    if ((after.comparison?.from ?? 0) <= (before.comparison?.from ?? 0)) return;
    expect([name, before.comparison?.contentsId]).toEqual(['comparedUpTo', id]);
  }));

test('the replica fails from a request that failed to the next answer, and not otherwise', () =>
  always((before, { name, id }, after) => {
    const isAnswered = name === 'answered' && id === before.contentsId;
    const expected = isAnswered ? false : name === 'requestFailed' || before.error !== undefined;
    expect(after.error !== undefined).toBe(expected);
  }));
