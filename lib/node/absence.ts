// Whether it says anything that this process's node does not hold a key.
import { TandemError } from '../errors.ts';
import { mayLackRecords } from '../replication/replica-state.ts';
import { loadPrimary } from './load-primary.ts';
import { config } from './process.ts';
import { store } from './store.ts';

/** @throws TandemError `refilling`, `recovering`: what is absent here may be on the other node */
export async function refuseAbsence(): Promise<void> {
  if (config.role === 'replica') {
    if (!(await store.isComplete())) throw refilling();
  } else if (!store.nodeState) {
    const { primary, notYetCompared } = await loadPrimary();
    if (mayLackRecords((await primary()).replicaFacts)) throw notYetCompared();
  }
}

function refilling(): TandemError {
  const detail = 'This replica has just started, and its primary has not filled it yet. Try again, or ask the primary.';
  return new TandemError('refilling', detail);
}
