// Who wrote a record, and what is known of its history: the newest stamp in it that other contents wrote, or since when only
// these contents wrote it.
import { hashOf } from '../digest.ts';
import type { StoredRecord } from '../record.ts';

/** Names contents as a writer: shorter than their id, since every record that they write has it. */
export function writerOf(contentsId: string): string {
  return hashOf(contentsId);
}

/** What a record says of its history: see lib/record.ts. */
export type Lineage = Pick<StoredRecord, 'base' | 'ownSince'>;

/**
 * @param old what a write by these contents replaces. Where they wrote that too, what it says is handed on: in between nobody
 * else has written. A key of which nothing is known, which may have been forgotten, begins anew
 * @param writer names these contents
 * @param epoch of the write, in milliseconds
 */
export function lineageAfter(old: StoredRecord | undefined, writer: string, epoch: number): Lineage {
  if (old === undefined) return {};
  // A stamp of its own: the old record, with its value, is not kept for it.
  if (old.writer !== writer) return { base: { epoch: old.epoch, version: old.version } };
  if (old.base) return { base: old.base };
  const ownSince = old.ownSince ?? old.epoch;
  return ownSince === epoch ? {} : { ownSince };
}
