// Takes writes from the list of divergent ones that are current again: what had superseded them was lost, with contents in
// memory that had shown it to nobody.
import { divergentWrite } from '../../divergent.ts';
import { compareStamps } from '../../record.ts';
import type { PrimaryPair } from '../pair.ts';

/** Writes of the list that are looked at in one page. */
const PAGE = 100;

/**
 * To be called once the nodes have been compared: what superseded a write is here by then, if it is anywhere.
 * @returns how many it were
 */
export async function dismissCurrent({ store, clock, currentEpoch }: PrimaryPair): Promise<number> {
  let dismissed = 0;
  let cursor: string | undefined;
  do {
    const page = await store.divergent({ limit: PAGE, ...(cursor !== undefined && { cursor }) });
    for (const { record } of page.entries) {
      const write = divergentWrite(record.key);
      const current = write && (await store.get(write.key));
      if (!current || compareStamps(current.record, write) !== 0) continue;
      const now = clock.now();
      const { outcome } = await store.write({ key: record.key, epoch: currentEpoch.value, now, inFlightUntil: now });
      if (outcome === 'written') dismissed++;
    }
    cursor = page.cursor;
  } while (cursor !== undefined);
  return dismissed;
}
