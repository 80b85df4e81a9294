// The nodes that this process has started, as whoever watches and ends them sees them.
import { EventEmitter, once } from 'node:events';
import type { Role } from '../../lib/role.ts';
import type { Action, LaunchedNode, NodeState } from './launched-node.ts';

export interface NodeView {
  readonly state: NodeState;
  /** Since when, in milliseconds since 1970. */
  readonly since: number;
  readonly port: number;
  readonly pid: number | null;
  readonly ended: string | null;
}

export interface View {
  readonly nodes: Readonly<Record<Role, NodeView>>;
  /** What this machine can do with a node at all. */
  readonly actions: readonly Action[];
  /** Milliseconds since 1970. Whatever changes later is `since` later than this. */
  readonly now: number;
}

type Nodes = Readonly<Record<Role, LaunchedNode>>;

/** How many requests may wait for a change at once. */
const MAX_WAITING = 100;

export class Launcher {
  readonly actions: readonly Action[];
  readonly #nodes: Nodes;
  readonly #changes = new EventEmitter<{ change: [] }>().setMaxListeners(MAX_WAITING);
  readonly #now: () => number;
  readonly #since: Record<Role, number>;
  /** The time that was told last: the next change is later, also within a millisecond, or when the clock is put back. */
  #told: number;

  /** @param actions that this machine can do */
  constructor(nodes: Nodes, actions: readonly Action[], now: () => number = Date.now) {
    this.#nodes = nodes;
    this.actions = actions;
    this.#now = now;
    this.#told = now();
    this.#since = { primary: this.#told, replica: this.#told };
    for (const node of Object.values(nodes)) node.on('change', () => this.#onChange(node.role));
  }

  view(): View {
    this.#told = Math.max(this.#told, this.#now());
    return {
      nodes: { primary: this.#viewOf('primary'), replica: this.#viewOf('replica') },
      actions: this.actions,
      now: this.#told,
    };
  }

  /**
   * Resolves once some node has another state than at the time `since`, which some view has told; at once if too many wait.
   * @throws AbortError once `signal` aborts
   */
  async untilChangedAfter(since: number, signal: AbortSignal): Promise<void> {
    if (this.#latest() > since || this.#changes.listenerCount('change') >= MAX_WAITING) return;
    await once(this.#changes, 'change', { signal });
  }

  /** Resolves once it is done; a node that is started need not answer yet. @throws WrongStateError, and Error when a process does not end */
  async act(role: Role, action: Action): Promise<void> {
    await this.#nodes[role][action]();
  }

  #onChange(role: Role): void {
    this.#told = Math.max(this.#now(), this.#told + 1);
    this.#since[role] = this.#told;
    this.#changes.emit('change');
  }

  #latest(): number {
    return Math.max(...Object.values(this.#since));
  }

  #viewOf(role: Role): NodeView {
    const { state, port, pid, ended } = this.#nodes[role];
    return { state, since: this.#since[role], port, pid, ended };
  }
}
