// The protections of replication, each with the change that switches it off. The simulation must notice every one. Those that
// take thousands of schedules, since others stand behind them, have tests of their own in tests/unit/replication/.
import type { Replacement } from './bundle.ts';
import type { Kind } from './schedule.ts';

export interface Mutant {
  /** With the promise that it is for. */
  readonly protection: string;
  /** The kind of schedule that notices it soonest, where not any does. */
  readonly kind?: Kind;
  readonly changes: readonly Replacement[];
}

export const MUTANTS: readonly Mutant[] = [
  {
    protection: 'P2 an acknowledgement counts for the stamp that was sent only',
    changes: [
      {
        file: 'lib/store/changes.ts',
        from: 'if (!slot || compareStamps(slot.entry.record, { epoch, version }) !== 0) return;',
        to: 'if (!slot) return;',
      },
    ],
  },
  {
    protection: 'P2 an acknowledgement stands against a failure that began before it',
    kind: 'late',
    changes: [
      {
        file: 'lib/store/replication-state.ts',
        from: 'if (attempt.at <= (before.replicatedAt ?? Number.NEGATIVE_INFINITY)) return before;',
        to: '',
      },
    ],
  },
  {
    protection: 'P3 the newer stamp wins',
    kind: 'late',
    changes: [
      { file: 'lib/store/changes.ts', from: 'if (order > 0) records.put(', to: 'if (order !== 0) records.put(' },
    ],
  },
  {
    protection: 'P7 a deletion leaves a tombstone',
    changes: [
      {
        file: 'lib/store/memory/store.ts',
        from: 'write: async (change) => writeRecord(records, highest.epoch, change, own()),',
        to: `write: async (change) => {
               const result = writeRecord(records, highest.epoch, change, own());
               const slot = records.get(change.key);
               if (result.outcome === 'written' && change.contents === undefined && slot) records.forget(slot);
               return result;
             },`,
      },
    ],
  },
  {
    protection: 'P7 absence is not taken for deletion',
    kind: 'promotion',
    changes: [
      {
        file: 'lib/replication/repair/compare.ts',
        from: 'if (!now || compareStamps(now.record, theirs) < 0) pull.push(theirs.key);',
        to: 'if (now && compareStamps(now.record, theirs) < 0) pull.push(theirs.key);',
      },
    ],
  },
  {
    protection: 'P3 the replica refuses a primary that was replaced',
    kind: 'zombie',
    changes: [{ file: 'lib/replication/admit.ts', from: 'if (seen.epoch !== epoch || isOfAnother)', to: 'if (false)' }],
  },
  {
    protection: 'a comparison looks again whether what differs is under way',
    kind: 'busy',
    changes: [
      {
        file: 'lib/replication/repair/compare.ts',
        from: 'scope.isRefill ? store.get(ours.key) : settledEntry(store, ours)',
        to: 'store.get(ours.key)',
      },
    ],
  },
  {
    protection: 'a comparison looks again whether what is newer there has come from here',
    kind: 'busy',
    changes: [
      {
        file: 'lib/replication/repair/compare.ts',
        from: 'if (!now || compareStamps(now.record, theirs) < 0) pull',
        to: 'pull',
      },
    ],
  },
  {
    protection: 'P3 only what is of an epoch that is over is forgotten',
    kind: 'late',
    changes: [
      { file: 'lib/store/memory/forget.ts', from: 'record.epoch < epoch && ', to: '' },
      {
        file: 'lib/replication/current-epoch.ts',
        from: 'if (clock.elapsed() - begunAt < lastsMs) return',
        to: 'return',
      },
    ],
  },
  {
    protection: 'P3 a primary that was replaced begins no epoch above that of its successor',
    kind: 'zombie',
    changes: [{ file: 'lib/store/memory/store.ts', from: '&& highest.epoch <= after', to: '' }],
  },
  {
    protection: 'P2 contents that are gone acknowledge nothing',
    kind: 'zombie',
    changes: [
      {
        file: 'lib/replication/shipping/send.ts',
        from: 'if (!replicaState.answered(batch.to, clock.now())) throw',
        to: 'if (!replicaState.answered(batch.to, clock.now()) && false) throw',
      },
      {
        file: 'lib/replication/shipping/ship.ts',
        from: 'const isGone = sent !== undefined &&',
        to: 'const isGone = false &&',
      },
      {
        file: 'lib/replication/deliver.ts',
        from: 'return isStillThere || !delivery.replicated ?',
        to: 'return true ?',
      },
    ],
  },
  {
    protection: 'P7 a replica is complete when a comparison got through',
    changes: [
      {
        file: 'lib/replication/replica.ts',
        from: 'if (compared) {',
        to: 'await store.completed();\n      if (compared) {',
      },
    ],
  },
  {
    protection: 'P7 a primary that has started alone says so of what it does not hold',
    kind: 'alone',
    changes: [
      {
        file: 'lib/replication/may-lack-records.ts',
        from: 'return hasStartedAlone && contentsId',
        to: 'return false && contentsId',
      },
    ],
  },
  {
    protection: 'P5 silence is not taken for the end of the replica',
    changes: [
      {
        file: 'lib/replication/repair/recover.ts',
        from: 'if (!failure.isConnectionRefused) {',
        to: 'if (false) {',
      },
    ],
  },
  {
    protection: 'P4 the backlog is not forgotten',
    kind: 'late',
    changes: [
      {
        file: 'lib/store/memory/forget.ts',
        from: ' && isAcknowledged(replication)',
        to: '',
      },
    ],
  },
  {
    protection: 'P5 a primary recovers before it serves',
    kind: 'promotion',
    changes: [
      { file: 'lib/replication/repair/recover.ts', from: 'await pullRecords(', to: 'if (false) await pullRecords(' },
      { file: 'lib/replication/repair/recover.ts', from: '(await takeOver(options, address))', to: 'true' },
    ],
  },
  {
    protection: 'P3 an epoch is above every one that is known',
    kind: 'rough',
    changes: [
      {
        file: 'lib/replication/current-epoch.ts',
        from: 'epochAfter(Math.max(known, above), clock.now(), parity);\n    const seen',
        to: 'epochAfter(above, clock.now(), parity);\n    const seen',
      },
    ],
  },
  {
    protection: 'P4 a replica with another contents id is compared',
    changes: [
      {
        file: 'lib/replication/replica-state.ts',
        from: 'if (isOther || isRefilling) {',
        to: 'if (false) {',
      },
      { file: 'lib/replication/replica-state.ts', from: 'if (isOther) {', to: 'if (false) {' },
    ],
  },
  {
    protection: 'P9 a write that was superseded unseen is listed',
    kind: 'promotion',
    changes: [
      {
        file: 'lib/divergent.ts',
        from: 'const isOfOthers = older.writer === undefined || older.writer !== newer.writer;',
        to: 'const isOfOthers = false;',
      },
    ],
  },
  {
    protection: 'P9 what the winner had seen is not listed',
    kind: 'promotion',
    changes: [
      {
        file: 'lib/divergent.ts',
        from: 'return isOfOthers && (newer.base === undefined || compareStamps(older, newer.base) > 0);',
        to: 'return isOfOthers;',
      },
      // Which would take it from the list again.
      {
        file: 'lib/divergent.ts',
        from: 'return order === 0 || (order < 0 && isOfItsWriter);',
        to: 'return order < 0 && isOfItsWriter;',
      },
    ],
  },
  {
    protection: 'P6 a write does not wait until the whole backlog has followed it',
    kind: 'promotion',
    changes: [
      {
        file: 'lib/replication/follow-up.ts',
        from: 'const FOLLOW_WAIT_MS = 250;',
        to: 'const FOLLOW_WAIT_MS = 60_000;',
      },
    ],
  },
  {
    protection: 'the feed tells of a key again when it has changed',
    changes: [
      {
        file: 'lib/store/memory/records.ts',
        from: 'if (!isListed) this.#placeLast(slot);',
        to: 'if (!isListed && before === undefined) this.#placeLast(slot);',
      },
    ],
  },
  {
    protection: 'the feed says what was forgotten last',
    changes: [
      {
        file: 'lib/store/memory/records.ts',
        from: 'this.#forgottenPlace = Math.max(this.#forgottenPlace, slot.place);',
        to: '',
      },
    ],
  },
];
