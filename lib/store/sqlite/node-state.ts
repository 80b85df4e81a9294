// What a node keeps in its data file beside its records: its epochs, role and notes, and whether its contents are complete.
import * as v from 'valibot';
import { repairLockInMemory } from '../repair-lock.ts';
import { RoleStateSchema } from '../role-state.ts';
import type { EpochSeen, NodeState, RoleState, Store } from '../store.ts';
import type { Commits } from './commits.ts';
import type { NodeTable } from './node-table.ts';

const OWN = 'own-epoch';
const HIGHEST = 'highest-epoch';
/** The contents id of the primary that began the highest one. */
const BEGUN_BY = 'begun-by';
const COMPLETE = 'complete';

/** What is true of these very contents, and not of a copy of them. */
export const OF_THESE_CONTENTS = [OWN, COMPLETE, 'role', 'replica-state', 'last-contact'];

type Kept = Pick<Store, 'highestEpoch' | 'raiseEpoch' | 'isComplete' | 'completed' | 'roleState' | 'setRoleState'>;

export interface NodeStore extends Kept {
  readonly nodeState: NodeState;
  /** In milliseconds; 0: none has been seen. */
  readonly highest: number;
}

/** @param id the contents id @param read carries out what only reads, and tells why it cannot */
export function nodeStore(id: string, table: NodeTable, commits: Commits, read: <T>(act: () => T) => T): NodeStore {
  const numberOf = (name: string) => Number(table.get(name)?.value ?? 0);
  const seen = (): EpochSeen => {
    const by = table.get(BEGUN_BY)?.value;
    return { epoch: numberOf(HIGHEST), ...(by !== undefined && { by }) };
  };

  function raise(epoch: number, by: string | undefined): void {
    table.set(HIGHEST, `${epoch}`);
    if (by === undefined) table.remove(BEGUN_BY);
    else table.set(BEGUN_BY, by);
  }

  const kept = (name: string) => {
    const { value: text, revision = 0 } = table.get(name) ?? {};
    return { revision, ...(text !== undefined && { text }) };
  };
  const keep = (name: string, text: string, revision: number): Promise<boolean> =>
    commits.do(() => {
      const isUnchanged = kept(name).revision === revision;
      if (isUnchanged) table.set(name, text);
      return isUnchanged;
    });

  return {
    get highest() {
      return numberOf(HIGHEST);
    },
    highestEpoch: async () => read(seen),
    async raiseEpoch(epoch, by, after = epoch) {
      const isNews = ({ epoch: highest, by: begunBy }: EpochSeen) =>
        (epoch > highest && highest <= after) || (epoch === highest && begunBy === undefined && by !== undefined);
      // Most often it is known: that costs no transaction.
      const before = read(seen);
      if (!isNews(before)) return before;
      return commits.do(() => {
        if (isNews(seen())) raise(epoch, by);
        return seen();
      });
    },
    isComplete: async () => read(() => table.get(COMPLETE) !== undefined),
    async completed() {
      if (read(() => table.get(COMPLETE)) === undefined) await commits.do(() => table.set(COMPLETE, 'yes'));
    },
    async roleState() {
      const { revision, text } = read(() => kept('role'));
      return { revision, ...(text !== undefined && { state: v.parse(RoleStateSchema, JSON.parse(text)) }) };
    },
    setRoleState: (state: RoleState, revision) => keep('role', JSON.stringify(state), revision),

    nodeState: {
      async epochs() {
        return read(() => {
          const { epoch: highest, by } = seen();
          const own = table.get(OWN)?.value;
          return { highest, ...(by !== undefined && { by }), ...(own !== undefined && { own: Number(own) }) };
        });
      },
      claimEpoch: (epoch, after) =>
        commits.do(() => {
          const highest = numberOf(HIGHEST);
          if (highest >= epoch || (after !== undefined && highest !== after)) return;
          raise(epoch, id);
          table.set(OWN, `${epoch}`);
        }),
      note: async (name) => read(() => kept(name)),
      keepNote: keep,
      ...repairLockInMemory(),
    },
  };
}
