// A set in order, on the B+ tree of sorted-btree: a change costs O(log n), a page O(log n + its length).
import sortedBtree from 'sorted-btree';

export class SortedSet<T> {
  readonly #compare: (a: T, b: T) => number;
  readonly #tree: InstanceType<typeof sortedBtree.default<T, undefined>>;

  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare;
    this.#tree = new sortedBtree.default<T, undefined>(undefined, compare);
  }

  get size(): number {
    return this.#tree.size;
  }

  add(item: T): void {
    this.#tree.set(item, undefined);
  }

  delete(item: T): void {
    this.#tree.delete(item);
  }

  first(): T | undefined {
    return this.#tree.minKey();
  }

  /** The items in order, those at or before `after` left out. The set must not change meanwhile. */
  *after(after: T | undefined): Generator<T> {
    for (const item of this.#tree.keys(after)) {
      if (after === undefined || this.#compare(item, after) > 0) yield item;
    }
  }

  /** The items in order, from the first one that is not before `from`. The set must not change meanwhile. */
  from(from: T): Iterable<T> {
    return this.#tree.keys(from);
  }
}
