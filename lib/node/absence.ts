// Whether it says anything that this process's node does not hold a key.
import { TandemError } from '../errors.ts';
import { mayLackRecords } from '../replication/replica-state.ts';
import { config } from './process.ts';
import { store } from './store.ts';

/** @throws TandemError `refilling`, `recovering`: what is absent here may be on the other node */
export async function refuseAbsence(): Promise<void> {
  if (config.role === 'replica') {
    if (!(await store.isComplete())) throw refilling();
  } else if (!store.nodeState) {
    // Loaded where it is needed: a replica, and a durable primary that only reads, start without it.
    const { primary, notYetCompared } = await import('./primary.ts');
    if (mayLackRecords((await primary()).replicaFacts)) throw notYetCompared();
  }
}

function refilling(): TandemError {
  const detail = 'This replica has just started, and its primary has not filled it yet. Try again, or ask the primary.';
  return new TandemError('refilling', detail);
}
