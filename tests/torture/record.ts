// All that is written down during a run: the history of each key, and what must never be.
import { compareStamps, type Operation, type Stamp } from './history.ts';

/** A write that was answered with success. */
export interface Acknowledged {
  readonly stamp: Stamp;
  readonly endedAt: number;
  /** The process of the primary that answered: see `Member.life`. */
  readonly life: string;
  readonly isReplicated: boolean;
}

/** What broke a promise. `key`: the one whose history shows it. */
export interface Violation {
  readonly text: string;
  readonly key?: string;
}

export class RunRecord {
  readonly violations: Violation[] = [];
  /** Requests that had an answer, or have none any more. */
  requests = 0;
  readonly #keys: ReadonlyMap<string, Operation[]>;
  readonly #acknowledged = new Map<string, Acknowledged[]>();
  /** What each stamp names. */
  readonly #values = new Map<string, string>();

  constructor(keys: readonly string[]) {
    this.#keys = new Map(keys.map((key) => [key, []]));
  }

  get keys(): readonly string[] {
    return [...this.#keys.keys()];
  }

  historyOf(key: string): readonly Operation[] {
    return this.#keys.get(key) ?? [];
  }

  add(key: string, operation: Operation): void {
    this.#keys.get(key)?.push(operation);
  }

  /** Something that concerns every key. */
  addToAll(operation: Operation): void {
    for (const history of this.#keys.values()) history.push(operation);
  }

  /** What is still under way then, and unknown, came to nothing: its process is gone. */
  endUnknown(calledBefore: number, endedAt: number): void {
    for (const history of this.#keys.values())
      for (const [i, each] of history.entries())
        if (each.endedAt === Number.POSITIVE_INFINITY && each.calledAt < calledBefore)
          history[i] = { ...each, endedAt };
  }

  acknowledge(key: string, write: Acknowledged): void {
    const writes = this.#acknowledged.get(key) ?? [];
    writes.push(write);
    this.#acknowledged.set(key, writes);
  }

  /** The newest stamp that was acknowledged by then, and that no crash of an earlier primary may have undone. */
  newest(key: string, life: string, endedBefore: number): Stamp | undefined {
    let newest: Stamp | undefined;
    for (const write of this.#acknowledged.get(key) ?? []) {
      const counts = (write.life === life || write.isReplicated) && write.endedAt <= endedBefore;
      if (counts && (newest === undefined || compareStamps(write.stamp, newest) > 0)) newest = write.stamp;
    }
    return newest;
  }

  /** Notes that a node showed this value, or that it was written, under this tag. */
  seen(key: string, tag: string, value: string): void {
    const name = `${key} ${tag}`;
    const before = this.#values.get(name);
    if (before === undefined) this.#values.set(name, value);
    else if (before !== value) this.violate(`P3 ${key}: the tag ${tag} names both ${before} and ${value}`, key);
  }

  violate(text: string, key?: string): void {
    this.violations.push({ text, ...(key !== undefined && { key }) });
  }
}
