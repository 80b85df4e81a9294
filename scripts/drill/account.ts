// The account of a drill: every write that was answered with success, and where it is afterwards.

/** Names a write: `key@epoch-version`. */
export type WriteId = string;

export interface StampOfKey {
  readonly key: string;
  readonly epoch: number;
  readonly version: number;
}

export function idOf({ key, epoch, version }: StampOfKey): WriteId {
  return `${key}@${epoch}-${version}`;
}

/** What became of the writes. Each is counted once. */
export interface Account {
  readonly acknowledged: number;
  /** What both nodes hold now. */
  readonly current: number;
  /** Superseded by a write whose client had seen it. */
  readonly superseded: number;
  /** Listed by `GET /divergent`, each by its name. */
  readonly divergent: readonly WriteId[];
  /** Nowhere. */
  readonly lost: readonly WriteId[];
}

/**
 * @param replaced of each write that was acknowledged, the one that its client had seen, and that it replaced
 * @param held what both nodes hold of each key
 * @param listed what both nodes list as divergent
 */
export function accountOf(
  replaced: ReadonlyMap<WriteId, WriteId | undefined>,
  held: ReadonlySet<WriteId>,
  listed: ReadonlySet<WriteId>,
): Account {
  const seen = new Set<WriteId>();
  for (const end of [...held, ...listed]) {
    for (let id = replaced.get(end); id !== undefined && !seen.has(id); id = replaced.get(id)) seen.add(id);
  }
  const ids = [...replaced.keys()];
  const isDivergent = (id: WriteId) => listed.has(id) && !held.has(id);
  return {
    acknowledged: ids.length,
    current: ids.filter((id) => held.has(id)).length,
    superseded: ids.filter((id) => !held.has(id) && !listed.has(id) && seen.has(id)).length,
    divergent: ids.filter(isDivergent),
    lost: ids.filter((id) => !held.has(id) && !listed.has(id) && !seen.has(id)),
  };
}
