// A map in the order of its keys, on the B+ tree of sorted-btree: a change costs O(log n), a page O(log n + its
// length).
import sortedBtree from 'sorted-btree';

export class SortedMap<K, V> {
  readonly #compare: (a: K, b: K) => number;
  readonly #tree: InstanceType<typeof sortedBtree.default<K, V>>;

  constructor(compare: (a: K, b: K) => number) {
    this.#compare = compare;
    this.#tree = new sortedBtree.default<K, V>(undefined, compare);
  }

  get size(): number {
    return this.#tree.size;
  }

  set(key: K, value: V): void {
    this.#tree.set(key, value);
  }

  delete(key: K): void {
    this.#tree.delete(key);
  }

  first(): [K, V] | undefined {
    return this.#tree.nextHigherPair(undefined);
  }

  last(): [K, V] | undefined {
    return this.#tree.nextLowerPair(undefined);
  }

  /** How many keys are before this one. */
  countBefore(key: K): number {
    const first = this.#tree.minKey();
    return first === undefined ? 0 : this.#tree.forRange(first, key, false);
  }

  /** The pairs in order, from the first key that is not before `from`. The map must not change meanwhile. */
  from(from: K | undefined): Iterable<[K, V]> {
    return this.#tree.entries(from);
  }

  /** The pairs from the last one down, keys at or after `before` left out. The map must not change meanwhile. */
  before(before: K): Iterable<[K, V]> {
    return this.#tree.entriesReversed(before, undefined, true);
  }

  /** The pairs in order, keys at or before `after` left out. The map must not change meanwhile. */
  *after(after: K): Generator<[K, V]> {
    let isAfter = false;
    for (const pair of this.#tree.entries(after)) {
      isAfter ||= this.#compare(pair[0], after) > 0;
      if (isAfter) yield pair;
    }
  }
}
