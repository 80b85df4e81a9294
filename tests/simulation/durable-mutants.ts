// The protections of durable nodes, each with the change that switches it off. The simulation of durable nodes must notice every
// one. What other protections stand behind has a test of its own in tests/unit/replication/.
import type { Replacement } from './bundle.ts';
import type { DurableKind } from './durable-schedule.ts';

export interface DurableMutant {
  /** With the promise that it is for. */
  readonly protection: string;
  /** The kind of schedule that notices it soonest, where not any does. */
  readonly kind?: DurableKind;
  readonly changes: readonly Replacement[];
}

export const DURABLE_MUTANTS: readonly DurableMutant[] = [
  {
    protection: 'P3 an epoch ends after a day',
    changes: [{ file: 'lib/replication/current-epoch.ts', from: 'now - own < EPOCH_MS', to: 'true' }],
  },
  {
    protection: 'P3 nothing is forgotten in the epoch it was written in',
    changes: [{ file: 'lib/store/dynamodb/item.ts', from: 'record.epoch + EPOCH_MS', to: '0' }],
  },
  {
    protection: 'P3 a process looks again whether its epoch is over',
    changes: [{ file: 'lib/replication/current-epoch.ts', from: 'REFRESH_MS = 2000', to: 'REFRESH_MS = Infinity' }],
  },
  {
    protection: 'one process repairs at a time',
    changes: [{ file: 'lib/replication/repair/repair.ts', from: 'if (!lock) return', to: 'if (true) return' }],
  },
  {
    protection: 'P4 a repair waits until a process that was killed has lost the lock',
    changes: [
      { file: 'lib/replication/repair/lock.ts', from: 'LOCK_WAIT_MS = LOCK_MS + 2000', to: 'LOCK_WAIT_MS = 0' },
    ],
  },
  {
    protection: 'R11 a switchover waits until no process believes any more that it may write',
    changes: [
      {
        file: 'lib/replication/switchover.ts',
        from: 'if (store.nodeState) await clock.sleep(OTHERS_MS);',
        to: '',
      },
    ],
  },
  {
    protection: 'P4 R12 what a former primary wrote late is pulled',
    kind: 'promotion',
    changes: [
      { file: 'lib/replication/repair/repair.ts', from: 'if (isOwed) stoppedBy', to: 'if (false) stoppedBy' },
      { file: 'lib/replication/repair/repair.ts', from: 'shipped + pushed + pulled > 0', to: 'false' },
    ],
  },
  {
    protection: 'R11 the lead is given away only while the switchover is under way',
    kind: 'promotion',
    changes: [
      {
        file: 'lib/replication/roles.ts',
        from: 'const isOpen = switching?.id === id && this.#clock.now() < switching.until;',
        to: 'const isOpen = true;',
      },
    ],
  },
  {
    protection: 'R11 a primary says in every handshake whom it gave the lead',
    kind: 'promotion',
    changes: [{ file: 'lib/replication/durable-node.ts', from: 'if (given === undefined) return;', to: 'return;' }],
  },
  {
    protection: 'R12 a process believes its role for a second',
    changes: [{ file: 'lib/replication/roles.ts', from: '>= BELIEF_MS', to: '>= Infinity' }],
  },
  {
    protection: 'P1 a node that is switching takes no writes',
    changes: [
      {
        file: 'lib/replication/durable-node.ts',
        from: `await this.roles.now();
    await refuseWhileSwitching(this.roles, this.#options.clock);`,
        to: 'await this.roles.now();',
      },
    ],
  },
  {
    protection: 'P4 a primary that hears of a later epoch steps down',
    changes: [
      {
        file: 'lib/replication/durable-node.ts',
        from: 'if (await this.roles.stepDown(term)) {',
        to: 'if (false) {',
      },
    ],
  },
  {
    protection: 'P9 R9 a write that was superseded unseen is listed',
    changes: [{ file: 'lib/divergent.ts', from: 'if (isDivergentKey(older.key)) return false;', to: 'return false;' }],
  },
  {
    protection: 'P9 R9 a record keeps what its writer had seen of others',
    changes: [
      {
        file: 'lib/store/base.ts',
        from: 'if (old.writer !== writer) return { base: { epoch: old.epoch, version: old.version } };',
        to: 'if (old.writer !== writer) return {};',
      },
    ],
  },
  {
    protection: 'P9 R9 the base stays while the same contents write on',
    changes: [
      {
        file: 'lib/store/base.ts',
        from: 'if (old.base) return { base: old.base };',
        to: '',
      },
    ],
  },
  {
    protection: 'P9 a record without a base has not certainly seen what its contents once wrote',
    kind: 'promotion',
    changes: [
      {
        file: 'lib/divergent.ts',
        from: 'return isOfItsWriter && write.epoch >= (ownSince ?? stamp.epoch);',
        to: 'return isOfItsWriter;',
      },
    ],
  },
];
