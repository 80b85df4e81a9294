// The protections of replication, each with the change that switches it off. The simulation must notice every one.
import type { Replacement } from './bundle.ts';
import type { Kind } from './schedule.ts';

export interface Mutant {
  readonly protection: string;
  /** The kind of schedule that notices it soonest, where not any does. */
  readonly kind?: Kind;
  readonly changes: readonly Replacement[];
}

export const MUTANTS: readonly Mutant[] = [
  {
    protection: 'an acknowledgement counts for the stamp that was sent only',
    changes: [
      {
        file: 'lib/store/memory/store.ts',
        from: 'if (slot?.entry.replication === undefined || compareStamps(slot.entry.record, { epoch, version }) !== 0) return;',
        to: 'if (slot?.entry.replication === undefined) return;',
      },
    ],
  },
  {
    protection: 'an acknowledgement stands against a failure that began before it',
    changes: [
      {
        file: 'lib/store/replication-state.ts',
        from: 'if (attempt.at <= (before.replicatedAt ?? Number.NEGATIVE_INFINITY)) return before;',
        to: '',
      },
    ],
  },
  {
    protection: 'the newer stamp wins',
    changes: [
      { file: 'lib/store/memory/store.ts', from: 'if (order > 0) records.put(', to: 'if (order !== 0) records.put(' },
    ],
  },
  {
    protection: 'a deletion leaves a tombstone',
    changes: [
      {
        file: 'lib/store/memory/store.ts',
        from: "return { outcome: 'written', entry: records.put(old, record, initialReplication(inFlightUntil), bucket), created };",
        to: `const entry = records.put(old, record, initialReplication(inFlightUntil), bucket);
             if (value === undefined) records.remove(records.get(key) as Slot);
             return { outcome: 'written', entry, created };`,
      },
    ],
  },
  {
    protection: 'absence is not taken for deletion',
    changes: [
      {
        file: 'lib/replication/repair/compare.ts',
        from: 'else pull.push(theirs.key);',
        to: 'else if (now) pull.push(theirs.key); else forget.push(theirs);',
      },
    ],
  },
  {
    protection: 'the replica refuses a primary that was replaced',
    kind: 'promotion',
    changes: [{ file: 'lib/replication/replica.ts', from: 'if (highest > epoch)', to: 'if (false)' }],
  },
  {
    protection: 'a comparison looks again whether what differs is under way',
    kind: 'calm',
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
    kind: 'calm',
    changes: [
      {
        file: 'lib/replication/repair/compare.ts',
        from: 'if (now && compareStamps(now.record, theirs) >= 0) return;',
        to: '',
      },
    ],
  },
  {
    protection: 'a message from before what was forgotten is refused',
    kind: 'late',
    changes: [{ file: 'lib/replication/replica.ts', from: 'if (isTooLate(batch))', to: 'if (false)' }],
  },
  {
    protection: 'a forgotten version is not given again',
    changes: [
      { file: 'lib/store/memory/store.ts', from: '?? forgottenVersion(forgottenVersions, bucket);', to: '?? 0;' },
    ],
  },
  {
    protection: 'the backlog is not forgotten',
    changes: [
      {
        file: 'lib/store/memory/store.ts',
        from: 'if (isAcknowledged(entry.replication)) found.push(record);',
        to: 'found.push(record);',
      },
    ],
  },
  {
    protection: 'a primary recovers before it serves',
    changes: [
      { file: 'lib/replication/repair/recover.ts', from: 'await pullRecords(', to: 'if (false) await pullRecords(' },
    ],
  },
  {
    protection: 'an epoch is above every one that is known',
    changes: [{ file: 'lib/replication/current-epoch.ts', from: '(await store.highestEpoch()) + 1', to: '0' }],
  },
  {
    protection: 'a replica with another id is compared',
    changes: [{ file: 'lib/replication/replica-state.ts', from: 'facts.contentsId !== contentsId) {', to: 'false) {' }],
  },
  {
    protection: 'a write does not wait until the whole backlog has followed it',
    changes: [
      {
        file: 'lib/replication/follow-up.ts',
        from: 'const FOLLOW_WAIT_MS = 250;',
        to: 'const FOLLOW_WAIT_MS = 60_000;',
      },
    ],
  },
];
