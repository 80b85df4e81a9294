// Who wrote a record, and its base: the newest stamp in its history that other contents wrote.
import { hashOf } from '../digest.ts';
import type { Stamp, StoredRecord } from '../record.ts';

/** Names contents as a writer: shorter than their id, since every record that they write has it. */
export function writerOf(contentsId: string): string {
  return hashOf(contentsId);
}

/**
 * @param old what a write by these contents replaces. Where they wrote that too, its base is handed on: in between
 * nobody else has written
 * @param writer names these contents
 * @returns `undefined` where no other contents have written the key, as far as is known
 */
export function baseAfter(old: StoredRecord | undefined, writer: string): Stamp | undefined {
  if (old === undefined || old.writer === writer) return old?.base;
  // A stamp of its own: the old record, with its value, is not kept for it.
  const { epoch, version } = old;
  return { epoch, version };
}
