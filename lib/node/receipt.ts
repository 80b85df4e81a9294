// What a read says of the node that answered it, beside the value: its role, its epoch, and of a replica how old it may be.
import { TandemError } from '../errors.ts';
import { savedLastContact } from '../replication/last-contact.ts';
import type { Role } from '../role.ts';
import { loadMemoryNode } from './load-memory-node.ts';
import { loadNode } from './on-demand.ts';
import { clock, config } from './process.ts';
import { roles } from './roles.ts';
import { store } from './store.ts';

/** How long what a table says counts, in milliseconds. */
const AGE_MS = 1000;

export interface Receipt {
  readonly role: Role;
  /** The highest epoch that the node has seen, in milliseconds; 0: none. */
  readonly epoch: number;
  /**
   * Of a replica: since it last heard from its primary, plus the age of the oldest write that this then owed it, in milliseconds.
   * Absent: it has not heard, or is being refilled.
   */
  readonly stalenessMs?: number;
}

/** What a table says, and when it was read. */
let saved: { readonly at: number; readonly epoch: number; readonly freshAt: number | undefined } | undefined;

export async function receipt(): Promise<Receipt> {
  const { role } = await roles.now();
  const { epoch, stalenessMs } = config.store.kind === 'dynamodb' ? await savedFreshness() : await ownFreshness();
  const isTold = role === 'replica' && stalenessMs !== undefined && (await store.isComplete());
  return { role, epoch, ...(isTold && { stalenessMs }) };
}

type Freshness = Pick<Receipt, 'epoch' | 'stalenessMs'>;

/** Of the only process of the node. */
async function ownFreshness(): Promise<Freshness> {
  const { replica } = await (store.nodeState ? loadNode() : loadMemoryNode());
  const { stalenessMs } = replica;
  return { epoch: (await store.highestEpoch()).epoch, ...(stalenessMs !== undefined && { stalenessMs }) };
}

async function savedFreshness(): Promise<Freshness> {
  const now = clock.now();
  if (!saved || now - saved.at >= AGE_MS) saved = await readFreshness(now);
  const { epoch, freshAt } = saved;
  return { epoch, ...(freshAt !== undefined && { stalenessMs: Math.max(0, now - freshAt) }) };
}

async function readFreshness(at: number): Promise<NonNullable<typeof saved>> {
  const { nodeState } = store;
  if (!nodeState) throw new Error('A node over DynamoDB keeps its state there.');
  const [{ epoch }, { freshAt }] = await Promise.all([
    store.highestEpoch(),
    savedLastContact(nodeState, roles.believed.term),
  ]);
  return { at, epoch, freshAt };
}

/**
 * Refuses a read of a replica that may be older than asked, once its primary has been asked, too.
 * @param mostMs in milliseconds
 * @throws TandemError `too_stale`
 */
export async function refuseStale(mostMs: number): Promise<void> {
  if (await isFreshWithin(mostMs)) return;
  // A function that reads starts without all that this takes.
  const { askOther } = await import('./status.ts');
  await askOther();
  saved = undefined;
  if (await isFreshWithin(mostMs)) return;
  throw new TandemError('too_stale', 'This replica may be older than that. Ask again, or ask the primary.');
}

async function isFreshWithin(mostMs: number): Promise<boolean> {
  const { role, stalenessMs } = await receipt();
  return role === 'primary' || (stalenessMs !== undefined && stalenessMs <= mostMs);
}
