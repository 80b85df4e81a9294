// The protections of replication, each with the change that switches it off. The simulation must notice every one.
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
        file: 'lib/store/memory/store.ts',
        from: 'if (slot?.entry.replication === undefined || compareStamps(slot.entry.record, { epoch, version }) !== 0) return;',
        to: 'if (slot?.entry.replication === undefined) return;',
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
      { file: 'lib/store/memory/store.ts', from: 'if (order > 0) records.put(', to: 'if (order !== 0) records.put(' },
    ],
  },
  {
    protection: 'P7 a deletion leaves a tombstone',
    changes: [
      {
        file: 'lib/store/memory/store.ts',
        from: "return { outcome: 'written', entry: records.put(old, entry, bucket), created };",
        to: `records.put(old, entry, bucket);
             if (value === undefined) records.remove(records.get(key) as Slot);
             return { outcome: 'written', entry, created };`,
      },
    ],
  },
  {
    protection: 'P7 absence is not taken for deletion',
    kind: 'promotion',
    changes: [
      {
        file: 'lib/replication/repair/compare.ts',
        from: 'else pull.push(theirs.key);',
        to: 'else if (now) pull.push(theirs.key); else forget.push(theirs);',
      },
    ],
  },
  {
    protection: 'P3 the replica refuses a primary that was replaced',
    kind: 'promotion',
    changes: [{ file: 'lib/replication/replica.ts', from: 'if (highest > epoch)', to: 'if (false)' }],
  },
  {
    protection: 'a comparison looks again whether what differs is under way',
    kind: 'busy',
    changes: [
      {
        file: 'lib/replication/repair/compare.ts',
        from: '(await inParallel(some, (ours) => settledEntry(store, ours)))',
        to: '(await inParallel(some, (ours) => store.get(ours.key)))',
      },
    ],
  },
  {
    protection: 'a comparison looks again whether what is newer there has come from here',
    kind: 'busy',
    changes: [
      {
        file: 'lib/replication/repair/compare.ts',
        from: 'if (now && compareStamps(now.record, theirs) >= 0) return;',
        to: '',
      },
    ],
  },
  {
    protection: 'P3 a message from before what was forgotten is refused',
    kind: 'late',
    changes: [{ file: 'lib/replication/replica.ts', from: 'if (isTooLate(batch))', to: 'if (false)' }],
  },
  {
    protection: 'P3 a forgotten version is not given again',
    kind: 'late',
    changes: [
      { file: 'lib/store/memory/store.ts', from: '?? forgottenVersion(forgottenVersions, bucket);', to: '?? 0;' },
    ],
  },
  {
    protection: 'P4 the backlog is not forgotten',
    kind: 'late',
    changes: [
      {
        file: 'lib/store/memory/store.ts',
        from: 'if (isAcknowledged(entry.replication)) found.push(record);',
        to: 'found.push(record);',
      },
    ],
  },
  {
    protection: 'P5 a primary recovers before it serves',
    kind: 'promotion',
    changes: [
      { file: 'lib/replication/repair/recover.ts', from: 'await pullRecords(', to: 'if (false) await pullRecords(' },
    ],
  },
  {
    protection: 'P3 an epoch is above every one that is known',
    kind: 'rough',
    changes: [{ file: 'lib/replication/current-epoch.ts', from: '(await store.highestEpoch()) + 1', to: '0' }],
  },
  {
    protection: 'P4 a replica with another contents id is compared',
    changes: [{ file: 'lib/replication/replica-state.ts', from: 'facts.contentsId !== contentsId) {', to: 'false) {' }],
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
];
