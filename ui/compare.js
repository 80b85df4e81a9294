// Lays the keys of both nodes side by side and says where they differ.
(() => {
  const { tandem } = window;

  const OWN = (entry) => ({ ...entry, label: entry.status, kind: entry.status });
  const ABSENT = (key) => ({ key, label: 'not here', kind: 'absent' });

  /** The rows of one node by itself, for when the other does not answer. */
  tandem.rowsOf = ({ keys }) => keys.map(OWN);

  /** @returns the rows of each node, one per key that either holds, and how many keys differ */
  tandem.compare = (primary, replica) => {
    const rows = { primary: [], replica: [], differing: 0 };
    const bound = lastComparable([primary, replica]);
    for (const [mine, copy] of merged(primary.keys, replica.keys)) {
      const { key } = mine ?? copy;
      if (bound !== undefined && byCodePoint(key, bound) > 0) break;
      const difference = differenceOf(mine, copy);
      if (difference) rows.differing++;
      rows.primary.push(mine ? OWN(mine) : ABSENT(key));
      rows.replica.push(copy ? { ...OWN(copy), ...difference } : ABSENT(key));
    }
    return rows;
  };

  function differenceOf(mine, copy) {
    if (!mine || !copy) return { label: 'extra', kind: 'stale' };
    const lead = copy.epoch - mine.epoch || copy.version - mine.version;
    return lead === 0 ? undefined : { label: lead > 0 ? 'newer' : 'older', kind: 'stale' };
  }

  /** Behind the end of a page that is not the last nothing is known: a key not listed there may well exist. */
  function lastComparable(nodes) {
    const ends = nodes.filter(({ complete }) => !complete).map(({ keys }) => keys.at(-1)?.key);
    return ends.sort(byCodePoint)[0];
  }

  function* merged(left, right) {
    let i = 0;
    let j = 0;
    while (i < left.length || j < right.length) {
      const order = i === left.length ? 1 : j === right.length ? -1 : byCodePoint(left[i].key, right[j].key);
      yield [order <= 0 ? left[i++] : undefined, order >= 0 ? right[j++] : undefined];
    }
  }

  /** The order of UTF-8 bytes, in which nodes list keys. */
  function byCodePoint(a, b) {
    for (let i = 0; ; ) {
      const [x, y] = [a.codePointAt(i) ?? -1, b.codePointAt(i) ?? -1];
      if (x !== y || x === -1) return x - y;
      i += x > 0xffff ? 2 : 1;
    }
  }
})();
