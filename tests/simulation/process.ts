// One process of a node, from its start to its crash. A dead one never goes on: what it awaits never comes.
import { type Clock, forwardClock } from '../../lib/clock.ts';
import type { Stamp, StoredRecord } from '../../lib/record.ts';
import type { Entry } from '../../lib/store/store.ts';
import type { Follower } from './follower.ts';
import type { World } from './world.ts';

/** The clock of a machine: it outlives the processes on it, and may be wrong. */
export interface Machine {
  readonly name: string;
  /** How far its clock is ahead, in milliseconds. */
  offset: number;
  /** The latest time that its clock has shown. */
  latest: number;
}

export class Process {
  isAlive = true;
  /** What its store holds, written down after every change. */
  readonly held = new Map<string, Entry>();
  /** The highest stamp of each key that it has forgotten. */
  readonly forgotten = new Map<string, Stamp>();
  /** How often each key has changed. */
  readonly changes = new Map<string, number>();
  /** When each write was decided, by its clock, and by the stamp that it got. */
  readonly decidedAt = new Map<string, number>();
  /** What each write replaced, by the stamp that it got. */
  readonly replaced = new Map<string, StoredRecord | undefined>();
  /** The newest stamp of each key that a client of this process has been told. */
  readonly told = new Map<string, Stamp>();
  /** The last epoch that it has begun, as a primary. */
  epoch: number | undefined;
  /** Since when every connection that it tried was refused, in milliseconds. */
  refusedSince: number | undefined;
  /** The epochs that it began below one that others had begun: it had started without its peer, and its clock was behind. */
  readonly behind = new Set<number>();
  /** Another process has its address: what clients write here from now on, nobody accounts for. */
  hasLostAddress = false;
  /** How many records had been written when it started without its replica. */
  startedAloneAfter: number | undefined;
  /** The contents of its replica of which an operator has said that what they hold, and it does not, is lost. */
  absenceTakenOf: string | undefined;
  /** Until then it does nothing, as if it were stopped, in milliseconds of the world. */
  stalledUntil = 0;
  /** For how long it was stalled in all, in milliseconds. */
  stalledMs = 0;
  /** Who follows the changes of its store. */
  follower: Follower | undefined;
  readonly name: string;
  readonly machine: Machine;
  readonly world: World;
  readonly clock: Clock;

  constructor(name: string, machine: Machine, world: World) {
    this.name = name;
    this.machine = machine;
    this.world = world;
    const clock = forwardClock({
      now: () => world.now + machine.offset,
      elapsed: () => world.now,
      sleep: (ms) => this.pause(ms),
    });
    this.clock = {
      ...clock,
      now() {
        const now = clock.now();
        machine.latest = Math.max(machine.latest, now);
        return now;
      },
    };
  }

  /** Its clock, in milliseconds. */
  now(): number {
    return this.clock.now();
  }

  /** Resolves after `ms` milliseconds, if the process lives on, and is not stalled. */
  async pause(ms: number): Promise<void> {
    await this.world.sleep(ms);
    while (this.world.now < this.stalledUntil) await this.world.sleep(this.stalledUntil - this.world.now);
    // Each its own: one for all would keep what every dead process had under way.
    if (!this.isAlive) await new Promise<never>(() => {});
  }

  /** Does nothing for `ms` milliseconds. */
  stall(ms: number): void {
    const until = this.world.now + ms;
    this.stalledMs += Math.max(0, until - Math.max(this.stalledUntil, this.world.now));
    this.stalledUntil = Math.max(this.stalledUntil, until);
  }

  /** Does something now, or when it is not stalled any more. */
  whenAwake(act: () => void): void {
    const left = this.stalledUntil - this.world.now;
    if (left <= 0) act();
    else this.world.at(left, () => this.whenAwake(act));
  }
}
