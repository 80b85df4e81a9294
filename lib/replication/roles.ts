// The role of this node: state that its store keeps, not configuration. Each change is made only if nobody has made
// another one since it was read, so that several processes of a node agree. docs/protocol.md draws the states.
import { nodeCrypto } from '../builtin.ts';
import type { Clock } from '../clock.ts';
import type { Role } from '../role.ts';
import type { KeptRoleState, RoleState, Store } from '../store/store.ts';

/**
 * How long a process of a durable node believes the role that it has read, in milliseconds. Another process may have
 * changed it meanwhile.
 */
export const BELIEF_MS = 1000;

/** Tries to change the role: others may change it at the same moment. */
const TRIES = 10;

export class Roles {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #beginsAs: Role;
  #kept: KeptRoleState = { revision: 0 };
  /** A time of day: elapsed time stands still while a process sleeps. */
  #readAt = Number.NEGATIVE_INFINITY;
  #observer: () => void = () => {};

  /** @param beginsAs the role while the store knows none */
  constructor(store: Store, clock: Clock, beginsAs: Role) {
    this.#store = store;
    this.#clock = clock;
    this.#beginsAs = beginsAs;
  }

  /** @param observer called when the state has been read for the first time, and when it is another one */
  observe(observer: () => void): void {
    this.#observer = observer;
  }

  /** What this process believes. */
  get believed(): RoleState {
    return this.#kept.state ?? { role: this.#beginsAs, term: 0 };
  }

  /**
   * The role as it is now; over a durable store as it was within the last second.
   * @param isSuspected read it even if that was done a moment ago
   */
  async now(isSuspected = false): Promise<RoleState> {
    const isOld = this.#store.nodeState !== undefined && this.#clock.now() - this.#readAt >= BELIEF_MS;
    if (isSuspected || isOld) await this.#read();
    return this.believed;
  }

  /**
   * This node leads from now on.
   * @param of the term in which that was decided: of a later one it says nothing. Absent: it was decided in this one
   * @param given the epoch in which another node gave it the lead, if one did
   * @returns whether it leads
   */
  async lead(of?: number, given?: number): Promise<boolean> {
    await this.#change(({ role, term, switching }) => {
      if (of !== undefined && of !== term) return undefined;
      if (role === 'primary') return switching && { role, term };
      return { role: 'primary', term: term + 1, ...(given !== undefined && { given }) };
    });
    return this.believed.role === 'primary';
  }

  /**
   * This node is the replica from now on.
   * @param of the term in which it led when it heard that it was replaced: of a later one that says nothing
   * @returns whether it was not before
   */
  stepDown(of: number): Promise<boolean> {
    return this.#change(({ role, term }) => {
      return role === 'primary' && term === of ? { role: 'replica', term: term + 1 } : undefined;
    });
  }

  /**
   * A switchover begins: the primary takes no writes until its end time.
   * @param until that time, in milliseconds
   * @returns its id; `undefined` when another one is under way, or this node does not lead
   */
  async beginSwitching(until: number): Promise<string | undefined> {
    const id = nodeCrypto().randomUUID();
    const now = this.#clock.now();
    const hasBegun = await this.#change(({ role, term, switching }) => {
      const isFree = role === 'primary' && (!switching || switching.until <= now);
      return isFree ? { role, term, switching: { id, until } } : undefined;
    });
    return hasBegun ? id : undefined;
  }

  /** A switchover has failed, or its time is over: all is as before. */
  async endSwitching(id: string): Promise<void> {
    await this.#change(({ role, term, switching }) => (switching?.id === id ? { role, term } : undefined));
  }

  /**
   * A switchover is done, if it is still under way: these contents lead from now on, in this epoch.
   * @returns whether it is
   */
  grant(id: string, grant: NonNullable<RoleState['grant']>): Promise<boolean> {
    return this.#change(({ term, switching }) => {
      const isOpen = switching?.id === id && this.#clock.now() < switching.until;
      return isOpen ? { role: 'replica', term: term + 1, grant } : undefined;
    });
  }

  async #read(): Promise<void> {
    const at = this.#clock.now();
    const kept = await this.#store.roleState();
    // The answer may be late: what is believed by now may be newer.
    if (kept.revision < this.#kept.revision) return;
    const isNews = kept.revision !== this.#kept.revision || this.#readAt === Number.NEGATIVE_INFINITY;
    this.#kept = kept;
    this.#readAt = at;
    if (isNews) this.#observer();
  }

  /** @param next the state that follows; `undefined`: there is nothing to change */
  async #change(next: (state: RoleState) => RoleState | undefined): Promise<boolean> {
    for (let i = 0; i < TRIES; i++) {
      await this.#read();
      const { revision } = this.#kept;
      const state = next(this.believed);
      if (state === undefined) return false;
      if (await this.#store.setRoleState(state, revision)) {
        if (this.#kept.revision === revision) {
          this.#kept = { revision: revision + 1, state };
          this.#observer();
        }
        return true;
      }
    }
    throw new Error('Others change the role of this node again and again.');
  }
}
