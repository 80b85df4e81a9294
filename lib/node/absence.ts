// Whether it says anything that this process's node does not hold a key.
import { TandemError } from '../errors.ts';
import { mayLackRecords } from '../replication/may-lack-records.ts';
import { replicaFacts } from './replica-facts.ts';
import { store } from './store.ts';

/** Why this node may lack what the other one holds. */
type Lack = 'refilling' | 'not compared';

async function lack(): Promise<Lack | undefined> {
  const facts = await replicaFacts();
  if (facts === undefined) return (await store.isComplete()) ? undefined : 'refilling';
  return (await mayLackRecords(store, facts)) ? 'not compared' : undefined;
}

/** Whether this node may lack what the other one holds. */
export async function isLacking(): Promise<boolean> {
  return (await lack()) !== undefined;
}

/** @throws TandemError `refilling`, `recovering`: what is absent here may be on the other node */
export async function refuseAbsence(): Promise<void> {
  const why = await lack();
  if (why === undefined) return;
  if (why === 'refilling') throw refilling();
  const { notYetCompared } = await import('../replication/refuse-absent.ts');
  throw notYetCompared();
}

function refilling(): TandemError {
  const detail = 'This replica has just started, and its primary has not filled it yet. Try again, or ask the primary.';
  return new TandemError('refilling', detail);
}
