// Requests that depend on what an item is: its stamp as a condition, and what to look at when the condition fails.
import type { Stamp } from '../../record.ts';
import type { OperationLimit } from './client.ts';
import { failedCondition } from './failure.ts';
import { type Item, number } from './item.ts';

/** How often an operation that meets others at the same key looks again. */
export const TRIES = 10;

/** Conditions on the stamp of the item that is there; their values come from `stampValues`. */
export const OLDER = '(#epoch < :epoch OR (#epoch = :epoch AND #version < :version))';
export const SAME = '(#epoch = :epoch AND #version = :version)';

export function stampValues({ epoch, version }: Stamp): Item {
  return { ':epoch': number(epoch), ':version': number(version) };
}

/** Reads the item of a key as it is now. */
export type ReadItem = (key: string, limit: OperationLimit) => Promise<Item | undefined>;

/** @returns `true` when the condition held; else the item that is there */
export async function unlessRefused(
  key: string,
  limit: OperationLimit,
  ask: () => Promise<unknown>,
  read: ReadItem,
): Promise<true | Item | undefined> {
  try {
    await ask();
    return true;
  } catch (error) {
    const failed = failedCondition(error);
    if (!failed) throw error;
    return failed.Item ?? (await read(key, limit));
  }
}

/** @returns whether the condition held */
export async function wasMet(asked: Promise<unknown>): Promise<boolean> {
  try {
    await asked;
    return true;
  } catch (error) {
    if (failedCondition(error)) return false;
    throw error;
  }
}
