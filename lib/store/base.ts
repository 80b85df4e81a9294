// The base of a write: the newest stamp in the history of its record that other contents wrote.
import type { Stamp } from '../record.ts';
import type { Entry } from './store.ts';

/**
 * @param old what a write by these contents replaces. Where they wrote that too, its base is handed on: in between
 * nobody else has written
 * @returns `undefined` where no other contents have written the key, as far as is known
 */
export function baseAfter(old: Entry | undefined): Stamp | undefined {
  if (old === undefined || old.isOwn) return old?.record.base;
  // A stamp of its own: the old record, with its value, is not kept for it.
  const { epoch, version } = old.record;
  return { epoch, version };
}
