// Whether it says anything that this process's node does not hold a key.
import { TandemError } from '../errors.ts';
import { mayLackRecords } from '../replication/may-lack-records.ts';
import { replicaFacts } from './replica-facts.ts';
import { store } from './store.ts';

/** @throws TandemError `refilling`, `recovering`: what is absent here may be on the other node */
export async function refuseAbsence(): Promise<void> {
  const facts = await replicaFacts();
  if (facts === undefined) {
    if (!(await store.isComplete())) throw refilling();
  } else if (await mayLackRecords(store, facts)) {
    const { notYetCompared } = await import('../replication/refuse-absent.ts');
    throw notYetCompared();
  }
}

function refilling(): TandemError {
  const detail = 'This replica has just started, and its primary has not filled it yet. Try again, or ask the primary.';
  return new TandemError('refilling', detail);
}
