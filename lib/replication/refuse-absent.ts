// What a primary refuses while it may lack what its replica holds.
import { TandemError } from '../errors.ts';
import { mayLackRecords } from './may-lack-records.ts';
import type { PrimaryOptions } from './primary-options.ts';

/** Whether a key exists that is not here is known once the nodes have been compared. @throws TandemError `recovering` */
export async function refuseIfAbsent({ store, replicaState, shared }: PrimaryOptions, key: string): Promise<void> {
  if (!(await mayLackRecords(store, replicaState.facts)) || (await store.get(key)) !== undefined) return;
  // Another process may have compared them since.
  await shared?.load();
  if (await mayLackRecords(store, replicaState.facts)) throw notYetCompared();
}

export function notYetCompared(): TandemError {
  const detail =
    'This primary has started without its replica, which may hold this key. They are being compared. Try again.';
  return new TandemError('recovering', detail);
}
