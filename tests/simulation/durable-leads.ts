// Who may lead: contents that the other node gave the lead, once each time, and those whose operator said so. Nobody else.
import type { RoleState } from '../../lib/store/store.ts';
import type { Process } from './process.ts';
import type { World } from './world.ts';

type Grant = NonNullable<RoleState['grant']>;

export class Leads {
  readonly #world: World;
  /** Grants that nobody has taken yet: the epoch of each, by the contents id that it is for. */
  readonly #granted = new Map<string, number>();
  /** Contents that have taken the lead below an epoch that they had heard of since: it counts no more. */
  readonly #void = new Set<string>();
  /** How often an operator has told each process to lead at once, and has not been answered yet. */
  readonly #forced = new Map<Process, number>();

  constructor(world: World) {
    this.#world = world;
  }

  /** A process gives the lead of its node away. @param during the switchover that nobody has ended by then */
  granted(process: Process, { to, epoch }: Grant, during: RoleState['switching']): void {
    if (during === undefined)
      this.#world.fail(`${process.name} gives the lead away, although no switchover is under way`);
    this.#granted.set(to, epoch);
  }

  /** Whether contents were given the lead, and have not taken it. @param heardOf the highest epoch that they have heard of */
  isGiven(contentsId: string, heardOf: number): boolean {
    return (this.#granted.get(contentsId) ?? 0) >= Math.max(1, heardOf);
  }

  /** An operator tells a process to lead at once. @returns to be called when it has answered */
  forced(process: Process): () => void {
    const add = (count: number) => this.#forced.set(process, (this.#forced.get(process) ?? 0) + count);
    add(1);
    return () => add(-1);
  }

  /** A process has its node lead. @param heardOf the highest epoch that the node has heard of */
  taken(process: Process, contentsId: string, heardOf: number): void {
    if (this.#forced.get(process)) return;
    const epoch = this.#granted.get(contentsId);
    this.#granted.delete(contentsId);
    if (epoch === undefined) this.#world.fail(`${process.name} takes a lead that nobody has given to ${contentsId}`);
    else if (epoch < heardOf) this.#void.add(contentsId);
  }

  /** A node is the replica again. */
  steppedDown(contentsId: string): void {
    this.#void.delete(contentsId);
  }

  /** A node begins an epoch. */
  begins(contentsId: string): void {
    if (this.#void.has(contentsId))
      this.#world.fail(`${contentsId} leads, although it has heard of a later epoch since it was given the lead`);
  }
}
