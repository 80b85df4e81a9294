// What a table keeps beside its records, for all processes of its node, and which roles it has had.
import type { Role } from '../../lib/role.ts';
import { repairLockInMemory } from '../../lib/store/repair-lock.ts';
import type { EpochSeen, NodeState, RoleState } from '../../lib/store/store.ts';
import { notesInMemory } from '../support/durable.ts';
import type { Leads } from './durable-leads.ts';
import type { World } from './world.ts';

/** A role state, and since when it is kept: the time of the world in milliseconds. */
interface Kept {
  readonly since: number;
  readonly state: RoleState;
}

export class TableState {
  readonly #id: string;
  readonly #world: World;
  readonly #leads: Leads;
  readonly #isSeen: (epoch: number) => void;
  /** Not that of the store in memory, which takes no writes of an epoch that is over: DynamoDB does. */
  #highest: EpochSeen = { epoch: 0 };
  #own: number | undefined;
  readonly #notes = notesInMemory();
  readonly #lock = repairLockInMemory();
  /** Its roles until now, the present one last. */
  readonly #roles: Kept[];

  /** @param isSeen told of each highest epoch */
  constructor(id: string, beginsAs: Role, world: World, leads: Leads, isSeen: (epoch: number) => void = () => {}) {
    this.#isSeen = isSeen;
    this.#leads = leads;
    this.#id = id;
    this.#world = world;
    this.#roles = [{ since: Number.NEGATIVE_INFINITY, state: { role: beginsAs, term: 0 } }];
  }

  get highest(): EpochSeen {
    return this.#highest;
  }

  /** The epoch that its own primary has begun last; 0: none. */
  get own(): number {
    return this.#own ?? 0;
  }

  get role(): RoleState {
    return (this.#roles.at(-1) as Kept).state;
  }

  changedRole(state: RoleState): void {
    this.#roles.push({ since: this.#world.now, state });
  }

  /** Whether it has led at any time since then. */
  hasLedSince(time: number): boolean {
    return this.#since(time).some(({ state }) => state.role === 'primary');
  }

  /** Whether it has led all the time since then, and no switchover was under way. */
  hasLedAllAlongSince(time: number): boolean {
    return this.#since(time).every(({ state }) => state.role === 'primary' && !state.switching);
  }

  #since(time: number): readonly Kept[] {
    const next = this.#roles.findIndex(({ since }) => since > time);
    return this.#roles.slice(next === -1 ? -1 : Math.max(0, next - 1));
  }

  /** @param after raise it only if the highest is not above this one */
  raise(epoch: number, by: string | undefined, after = epoch): EpochSeen {
    if (this.#highest.epoch > after) return this.#highest;
    const isNews = epoch > this.#highest.epoch || (epoch === this.#highest.epoch && this.#highest.by === undefined);
    if (isNews) this.#highest = { epoch, ...(by !== undefined && { by }) };
    if (isNews) this.#isSeen(epoch);
    return this.#highest;
  }

  /** @param take carries out a request of a process, which takes a moment */
  seenBy(take: <T>(act: () => Promise<T>) => Promise<T>): NodeState {
    return {
      epochs: () =>
        take(async () => {
          const { epoch: highest, by } = this.#highest;
          return { highest, ...(by !== undefined && { by }), ...(this.#own && { own: this.#own }) };
        }),
      claimEpoch: (epoch, after) =>
        take(async () => {
          const { epoch: highest } = this.#highest;
          if (highest >= epoch || highest !== (after ?? highest)) return;
          this.#world.trace(() => `${this.#id} begins epoch ${epoch}`);
          this.#leads.begins(this.#id);
          this.#highest = { epoch, by: this.#id };
          this.#own = epoch;
          this.#isSeen(epoch);
        }),
      note: (...args) => take(() => this.#notes.note(...args)),
      keepNote: (...args) => take(() => this.#notes.keepNote(...args)),
      takeRepairLock: (...args) => take(() => this.#lock.takeRepairLock(...args)),
      renewRepairLock: (...args) => take(() => this.#lock.renewRepairLock(...args)),
      releaseRepairLock: (...args) => take(() => this.#lock.releaseRepairLock(...args)),
    };
  }
}
