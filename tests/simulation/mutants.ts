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
        file: 'lib/store/memory.ts',
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
    changes: [{ file: 'lib/store/memory.ts', from: 'if (order > 0) put(', to: 'if (order !== 0) put(' }],
  },
  {
    protection: 'a deletion leaves a tombstone',
    changes: [
      {
        file: 'lib/store/memory.ts',
        from: "return { outcome: 'written', entry: put(old, bucket, record, initialReplication(leaseUntil)), created: !found };",
        to: `const entry = put(old, bucket, record, initialReplication(leaseUntil));
             if (value === undefined) void this.drop(key, record, Number.POSITIVE_INFINITY);
             return { outcome: 'written', entry, created: !found };`,
      },
    ],
  },
  {
    protection: 'absence is not taken for deletion',
    changes: [
      {
        file: 'lib/replication/compare.ts',
        from: 'else pull.push(theirs.key);',
        to: 'else if (now) pull.push(theirs.key); else drop.push(theirs);',
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
        file: 'lib/replication/compare.ts',
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
        file: 'lib/replication/compare.ts',
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
    changes: [{ file: 'lib/store/memory.ts', from: '?? (dropped[bucket] as number)) + 1', to: '?? 0) + 1' }],
  },
  {
    protection: 'the backlog is not forgotten',
    changes: [
      {
        file: 'lib/store/memory.ts',
        from: 'if (isAcknowledged((slots.get(record.key) as Slot).entry)) records.push(record);',
        to: 'records.push(record);',
      },
    ],
  },
  {
    protection: 'a primary recovers before it serves',
    changes: [{ file: 'lib/replication/recover.ts', from: 'await pullRecords(', to: 'if (false) await pullRecords(' }],
  },
  {
    protection: 'an epoch is above every one that is known',
    changes: [{ file: 'lib/replication/epoch.ts', from: '(await store.highestEpoch()) + 1', to: '0' }],
  },
  {
    protection: 'a replica with another id is compared',
    changes: [{ file: 'lib/replication/contact.ts', from: 'contact.id !== id', to: 'false' }],
  },
  {
    protection: 'a write does not wait until the whole backlog has followed it',
    changes: [
      { file: 'lib/replication/primary.ts', from: 'const KICK_WAIT_MS = 250;', to: 'const KICK_WAIT_MS = 60_000;' },
    ],
  },
];
