// Which writes of a key are remembered by their Idempotency-Key, so that a repeat of one is known. A client repeats a write whose
// answer was lost; until then others may write the key as often as they like, and must not drive its name out.
import { MAX_REMEMBERED, REMEMBERED_LAST, REMEMBERED_MS } from '../limits.ts';
import type { RememberedWrite } from '../record.ts';

/**
 * The last writes; and beyond them the newest of each client that has named itself, for as long as clients repeat a write.
 * @param before oldest first
 * @param write the newest
 */
export function remembering(before: readonly RememberedWrite[], write: RememberedWrite): readonly RememberedWrite[] {
  const writes = [...before, write];
  const newest = new Map(writes.map(({ id }, i) => [clientOf(id), i]));
  const isKept = ({ id, at }: RememberedWrite, i: number) =>
    i >= writes.length - REMEMBERED_LAST || (newest.get(clientOf(id)) === i && write.at - at < REMEMBERED_MS);
  return writes.filter(isKept).slice(-MAX_REMEMBERED);
}

/** What a name has before its last colon. Those that have none are of one client. */
function clientOf(id: string): string {
  return id.slice(0, Math.max(0, id.lastIndexOf(':')));
}
