// What a primary knows of its replica: what each event changes, and nothing else.
import { beforeEach, describe, expect, test } from '@jest/globals';
import { PeerError } from '../../../lib/peer/peer.ts';
import {
  type Comparison,
  isComparisonDue,
  type ReplicaFacts,
  ReplicaState,
  statusNow,
} from '../../../lib/replication/replica-state.ts';
import type { Replication } from '../../../lib/store/store.ts';

const DOWN = new PeerError('replica unreachable');
/** A comparison of this round that has found the nodes equal. */
const equal = (contentsId: string, from = 0): Comparison => ({
  contentsId,
  round: state.facts.round,
  from,
  foundDifferences: false,
  hasFailures: false,
});

let state: ReplicaState;
beforeEach(() => {
  state = new ReplicaState();
});

/** The facts that differ after a transition. */
function changesBy(act: () => void): Partial<ReplicaFacts> {
  const before: Partial<Record<string, unknown>> = { ...state.facts };
  act();
  const after: Partial<Record<string, unknown>> = { ...state.facts };
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return Object.fromEntries(names.filter((name) => before[name] !== after[name]).map((name) => [name, after[name]]));
}

test('P5 R7 absence is taken for true of contents that are known: others are compared first', () => {
  state = new ReplicaState({ hasStartedAlone: true });
  expect(changesBy(() => state.absenceTakenForTrue())).toEqual({});
  state.met('first', 1);
  expect(changesBy(() => state.absenceTakenForTrue())).toEqual({ hasStartedAlone: false });
});

describe('at the start', () => {
  test('nothing is known, and the nodes may differ', () => {
    expect(state.facts).toEqual({
      owesBacklog: false,
      owesComparison: true,
      round: 0,
      isRefilling: false,
      hasStartedAlone: false,
      compareAgainAt: 0,
      retryAt: Number.POSITIVE_INFINITY,
      hasFailed: false,
    });
  });

  test('what was known goes on to be known', () => {
    const known = { contentsId: 'a', owesComparison: false, comparedAt: 5 };
    expect(new ReplicaState(known).facts).toEqual({ ...state.facts, ...known });
  });

  test('after a recovery the nodes are equal, and nothing is owed', () => {
    expect(ReplicaState.recoveredFrom('a', 7).facts).toEqual({
      ...state.facts,
      contentsId: 'a',
      lastContactAt: 7,
      inSyncSince: 7,
      owesComparison: false,
    });
  });

  test('P2 P7 of a replica that leads now nothing is known of the other node, and what that acknowledged counts no more', () => {
    const { facts } = ReplicaState.ofNewPrimary(true);
    expect(facts).toEqual({ ...state.facts, isRefilling: true });
    expect(statusNow(undefined, facts)).toBe('pending');
    expect(ReplicaState.ofNewPrimary(false).facts).toEqual({ ...facts, hasStartedAlone: true });
  });
});

describe('an answer', () => {
  beforeEach(() => {
    state = ReplicaState.recoveredFrom('a', 1);
  });

  test('ends what was wrong', () => {
    state.requestFailed(DOWN);
    expect(changesBy(() => state.answered('a', 5))).toEqual({ lastContactAt: 5, error: undefined });
  });

  test('of the same contents changes nothing else', () => {
    expect(changesBy(() => expect(state.answered('a', 5)).toBe(true))).toEqual({ lastContactAt: 5 });
  });

  test('P2 of other contents than the present ones counts no more', () => {
    expect(changesBy(() => expect(state.answered('b', 5)).toBe(false))).toEqual({});
  });
});

describe('a meeting', () => {
  beforeEach(() => {
    state = ReplicaState.recoveredFrom('a', 1);
  });

  test('the first one only tells which contents there are', () => {
    state = new ReplicaState();
    expect(changesBy(() => state.met('a', 5))).toEqual({ contentsId: 'a', lastContactAt: 5 });
  });

  test('P4 of other contents says that the replica has lost what it held: everything is to be compared', () => {
    state.comparisonStarted('a');
    state.comparedUpTo(equal('a', 7));
    state.comparisonEnded(equal('a'), 2);
    state.comparisonStarted('a');
    expect(changesBy(() => state.met('b', 5))).toEqual({
      contentsId: 'b',
      lastContactAt: 5,
      comparison: undefined,
      round: 2,
      isRefilling: true,
      inSyncSince: undefined,
    });
  });

  test('P4 of the same contents, which say that they may lack anything, owes a comparison; one under way goes on', () => {
    state.comparisonStarted('a');
    state.comparedUpTo(equal('a', 7));
    const changes = { isRefilling: true, inSyncSince: undefined, lastContactAt: 5 };
    expect(changesBy(() => state.met('a', 5, true))).toEqual(changes);
    expect(state.facts).toMatchObject({ owesComparison: true, comparison: equal('a', 7) });
  });

  test('P10 an answer of before the comparison, which comes after it, does not have it made again', () => {
    state.comparisonStarted('a');
    state.comparisonEnded(equal('a'), 4);
    expect(changesBy(() => state.met('a', 5, true))).toEqual({ lastContactAt: 5 });
    state.met('b', 6, true);
    state.comparisonStarted('b');
    state.comparisonEnded(equal('b'), 7);
    expect(changesBy(() => state.met('a', 8, true))).toMatchObject({ isRefilling: true, owesComparison: true });
  });

  test('P4 of other contents ends the wait after a comparison that failed: it was of those before', () => {
    state.comparisonPostponed(10_000);
    state.met('b', 5);
    expect(state.facts.compareAgainAt).toBe(0);
  });

  test('P10 says nothing of requests when it only tells which contents there are', () => {
    state.requestFailed(DOWN);
    expect(changesBy(() => state.met('a', 5))).toEqual({ lastContactAt: 5 });
    expect(state.facts.error).toBe('replica unreachable');
  });
});

describe('P2 the status of a record now', () => {
  const acknowledgedBy = (by?: string): Replication => ({
    status: 'replicated',
    attempts: by === undefined ? [] : [{ at: 1, outcome: 'applied', durationMs: 1, by }],
  });
  beforeEach(() => {
    state = ReplicaState.recoveredFrom('a', 1);
  });

  test('is what was stored, while the replica has its contents', () => {
    expect(statusNow(acknowledgedBy('a'), state.facts)).toBe('replicated');
    expect(statusNow(acknowledgedBy(), state.facts)).toBe('replicated');
  });

  test('is pending for what contents acknowledged that are gone', () => {
    state.met('b', 5);
    expect(statusNow(acknowledgedBy('a'), state.facts)).toBe('pending');
    expect(statusNow(acknowledgedBy(), state.facts)).toBe('pending');
  });

  test('is replicated for what the new contents acknowledged', () => {
    state.met('b', 5);
    expect(statusNow(acknowledgedBy('b'), state.facts)).toBe('replicated');
  });

  test('is replicated again once a comparison with the new contents got through', () => {
    state.met('b', 5);
    state.comparisonStarted('a');
    state.met('b', 6);
    state.comparisonEnded(equal('a'), 7);
    expect(statusNow(acknowledgedBy('a'), state.facts)).toBe('pending');
    state.comparisonStarted('b');
    state.comparisonEnded(equal('b'), 8);
    expect(statusNow(acknowledgedBy('a'), state.facts)).toBe('replicated');
  });

  test('is what was stored for a record that is not acknowledged', () => {
    state.met('b', 5);
    expect(statusNow({ status: 'replication_failed', attempts: [] }, state.facts)).toBe('replication_failed');
  });
});

describe('a request that failed', () => {
  test('P4 leaves the backlog to be shipped, and says why', () => {
    const failed = { error: 'replica unreachable', owesBacklog: true, hasFailed: true };
    expect(changesBy(() => state.requestFailed(DOWN))).toEqual(failed);
  });

  test('for whatever reason is one like any other: whether this node leads still is not a matter of its replica', () => {
    const refused = new PeerError('stale_epoch', { highestEpoch: 1001, begunBy: 'another' });
    expect(changesBy(() => state.requestFailed(refused))).toEqual({
      error: 'stale_epoch',
      owesBacklog: true,
      hasFailed: true,
    });
  });
});

describe('a record', () => {
  test('that failed is due, and does not make the whole backlog so', () => {
    expect(changesBy(() => state.recordFailed(50))).toEqual({ retryAt: 50, hasFailed: true });
  });

  test('that is due before others goes first', () => {
    state.recordDue(50);
    expect(changesBy(() => state.recordDue(60))).toEqual({});
    expect(changesBy(() => state.recordDue(40))).toEqual({ retryAt: 40 });
  });

  test('that was not tried is left to the backlog', () => {
    expect(changesBy(() => state.recordNotTried())).toEqual({ owesBacklog: true, hasFailed: true });
  });

  test('that is acknowledged after a failure, of it or of others, puts the nodes in sync since now', () => {
    state = ReplicaState.recoveredFrom('a', 1);
    expect(changesBy(() => state.recordAcknowledged(false, 5))).toEqual({});
    expect(changesBy(() => state.recordAcknowledged(true, 6))).toEqual({ inSyncSince: 6 });
    state.recordFailed(50);
    expect(changesBy(() => state.recordAcknowledged(false, 7))).toEqual({ inSyncSince: 7 });
    expect(changesBy(() => state.recordAcknowledged(false, 8))).toEqual({ inSyncSince: 8 });
    expect(changesBy(() => state.backlogEmpty())).toEqual({ hasFailed: false });
    expect(changesBy(() => state.recordAcknowledged(false, 9))).toEqual({});
  });

  test('that is acknowledged says nothing of nodes that were never compared', () => {
    state.recordFailed(50);
    expect(changesBy(() => state.recordAcknowledged(true, 7))).toEqual({});
  });
});

describe('the backlog', () => {
  test('is owed when someone says so', () => {
    expect(changesBy(() => state.requireBacklog())).toEqual({ owesBacklog: true });
  });

  test('is owed no more, and nothing of it is due, once it is being shipped', () => {
    state.requestFailed(DOWN);
    state.recordFailed(50);
    expect(changesBy(() => state.backlogStarted())).toEqual({
      owesBacklog: false,
      retryAt: Number.POSITIVE_INFINITY,
    });
  });
});

describe('a comparison', () => {
  beforeEach(() => {
    state = ReplicaState.recoveredFrom('a', 1);
  });

  test('is owed from its start, and goes on where it was', () => {
    expect(changesBy(() => state.comparisonStarted('a'))).toEqual({ owesComparison: true, comparison: equal('a') });
    expect(changesBy(() => state.comparedUpTo(equal('a', 9)))).toEqual({ comparison: equal('a', 9) });
    expect(state.comparisonStarted('a')).toEqual(equal('a', 9));
  });

  test('P4 starts anew with other contents than those that it stopped at', () => {
    state.comparisonStarted('a');
    state.comparedUpTo(equal('a', 9));
    state.met('b', 4);
    expect(state.comparisonStarted('b')).toEqual(equal('b'));
  });

  test('P4 counts no more once the contents are others, however far it has come', () => {
    state.comparisonStarted('a');
    state.met('b', 4);
    expect(state.comparedUpTo(equal('a', 9))).toBe(false);
    state.comparisonEnded(equal('a'), 5);
    expect(state.facts).toMatchObject({ contentsId: 'b', owesComparison: true });
    expect(state.facts).not.toHaveProperty('comparison');
    expect(state.facts).not.toHaveProperty('comparedAt');
  });

  test('that got through and found nothing leaves the nodes in sync since when they were', () => {
    state.comparisonStarted('a');
    state.comparedUpTo(equal('a', 9));
    const ended = { owesComparison: false, comparison: undefined, round: 1, comparedAt: 5, filledId: 'a' };
    expect(changesBy(() => state.comparisonEnded(equal('a'), 5))).toEqual(ended);
  });

  test('that is the first one puts them in sync since now', () => {
    state = new ReplicaState();
    state.met('a', 4);
    state.comparisonStarted('a');
    expect(changesBy(() => state.comparisonEnded(equal('a'), 5))).toMatchObject({ inSyncSince: 5 });
  });

  test('that found differences and brought them over puts them in sync since now', () => {
    state.comparisonStarted('a');
    state.comparisonEnded({ ...equal('a'), foundDifferences: true }, 5);
    expect(state.facts).toMatchObject({ owesComparison: false, inSyncSince: 5 });
  });

  test('P4 that left something differing is owed again', () => {
    state.comparisonStarted('a');
    state.comparisonEnded({ ...equal('a'), foundDifferences: true, hasFailures: true }, 5);
    expect(state.facts).toMatchObject({ owesComparison: true, comparedAt: 5 });
    expect(state.facts).not.toHaveProperty('inSyncSince');
    state.comparisonStarted('a');
    expect(changesBy(() => state.comparisonEnded(equal('a'), 9))).toMatchObject({ inSyncSince: 9 });
  });

  test('P4 that left something differing is due after a minute, then two, four, eight; or at once for another reason', () => {
    const failed = () => ({ ...equal('a'), foundDifferences: true, hasFailures: true });
    let now = 1000;
    const minutes: number[] = [];
    for (let i = 0; i < 5; i++) {
      state.comparisonStarted('a');
      state.comparisonEnded(failed(), now);
      expect(state.facts.failedComparisons).toBe(i + 1);
      const from = now;
      do now += 60_000;
      while (!isComparisonDue(state.facts, now));
      minutes.push((now - from) / 60_000);
    }
    expect(minutes).toEqual([1, 2, 4, 8, 16]);
    state.comparisonStarted('a');
    state.comparisonEnded(failed(), now);
    expect(isComparisonDue(state.facts, now)).toBe(false);
    expect(isComparisonDue(state.facts, now - 1)).toBe(true);
    state.met('b', now);
    expect(isComparisonDue(state.facts, now)).toBe(true);
  });

  test('P4 that left something differing, and was stopped when it was made again, goes on at once', () => {
    state.comparisonStarted('a');
    state.comparisonEnded({ ...equal('a'), foundDifferences: true, hasFailures: true }, 5);
    state.comparisonStarted('a');
    state.comparedUpTo(equal('a', 9));
    expect(isComparisonDue(state.facts, 6)).toBe(true);
    state.comparisonEnded(equal('a'), 7);
    expect(state.facts).not.toHaveProperty('failedComparisons');
    expect(isComparisonDue(state.facts, 1e9)).toBe(false);
  });

  test('that a write had started in vain is postponed', () => {
    expect(changesBy(() => state.comparisonPostponed(99))).toEqual({ compareAgainAt: 99 });
  });
});

test('what another process has learned takes the place of all that is known here', () => {
  const other = ReplicaState.recoveredFrom('b', 9);
  state.requestFailed(DOWN);
  state.learned(other.facts);
  expect(state.facts).toEqual(other.facts);
  other.requireBacklog();
  expect(state.facts.owesBacklog).toBe(false);
});
