// What a primary knows of its replica, kept beside a durable store: its processes come and go, and each function of a
// deployed node has processes of its own.
import * as v from 'valibot';
import { LEASE_MS } from '../limits.ts';
import type { Durable } from '../store/store.ts';
import type { Breaker } from './breaker.ts';
import { type Contact, newContact, owe } from './contact.ts';

const Time = v.exactOptional(v.number());
const Note = v.object({
  at: Time,
  id: v.exactOptional(v.string()),
  error: v.exactOptional(v.string()),
  fencedBy: Time,
  owesComparison: v.exactOptional(v.boolean()),
  compareFrom: Time,
  comparedAt: Time,
  mendedAt: Time,
  hasFailed: v.exactOptional(v.boolean()),
  circuit: v.exactOptional(v.picklist(['closed', 'open', 'half_open'])),
});

export interface NotedContact extends Contact {
  readonly circuit: Breaker['state'];
}

/** What was noted last; of a store without a note, that nothing is known. */
export async function notedContact(durable: Durable): Promise<NotedContact> {
  const text = await durable.note();
  return { ...newContact(), circuit: 'closed', ...(text !== undefined && v.parse(Note, JSON.parse(text))) };
}

/**
 * What a primary that starts knows. A process before it that was killed has noted nothing of what it had under way: it is
 * due when its lease is over. Looking at once would find nothing, and cost the first write of every process some queries.
 * @param now time of day in milliseconds
 */
export async function contactAtStart(durable: Durable, now: number): Promise<NotedContact> {
  return { ...(await notedContact(durable)), retryAt: now + LEASE_MS };
}

/** The note and this process's contact, kept alike: other processes write the same note. */
export interface NoteKeeper {
  /** Learns what others have noted since: before a comparison, which may be owed or done by now. */
  read(): Promise<void>;
  /**
   * Keeps the note true: at once when something has changed that others must know, and else only when it is due, since
   * every write would change the time of the last contact.
   */
  keep(circuit: Breaker['state'], isDue?: boolean): Promise<void>;
}

/** What is known of comparisons. A process that sees no reason for one must not hide that another has. */
const SHARED = ['id', 'owesComparison', 'compareFrom', 'comparedAt', 'mendedAt'] as const;
type Shared = Partial<Pick<Contact, (typeof SHARED)[number]>>;

/** @param contact as it was noted, and from now on as this process knows it */
export function noteKeeper(durable: Durable, contact: NotedContact): NoteKeeper {
  let noted = newsOf(contact, contact.circuit);
  /** As it stood in the note when that was read or written last. */
  let before = sharedIn(contact);

  async function read(): Promise<void> {
    const there = await notedContact(durable);
    merge(contact, before, there);
    before = sharedIn(there);
    noted = newsOf(there, there.circuit);
  }

  return {
    read,
    async keep(circuit, isDue = false) {
      if (!isDue && noted === newsOf(contact, circuit)) return;
      await read();
      const [written, news] = [sharedIn(contact), newsOf(contact, circuit)];
      await durable.setNote(JSON.stringify(v.parse(Note, { ...contact, circuit })));
      before = written;
      noted = news;
    },
  };
}

function sharedIn(contact: Contact): Shared {
  return Object.fromEntries(SHARED.map((fact) => [fact, contact[fact]]));
}

/** Takes over what others have noted, but for what has changed here since. */
function merge(contact: Contact, before: Shared, there: NotedContact): void {
  const isAnother = there.id !== before.id && there.id !== contact.id;
  const theirs = SHARED.filter((fact) => contact[fact] === before[fact]);
  for (const fact of theirs) delete (contact as Shared)[fact];
  Object.assign(contact, Object.fromEntries(theirs.flatMap((fact) => (fact in there ? [[fact, there[fact]]] : []))));
  // Both sides have news, and theirs is of another replica than ours.
  if (isAnother && theirs.length < SHARED.length) owe(contact);
  const fencedBy = Math.max(contact.fencedBy ?? 0, there.fencedBy ?? 0);
  if (fencedBy > 0) contact.fencedBy = fencedBy;
}

function newsOf({ id, error, fencedBy, owesComparison }: Contact, circuit: Breaker['state']): string {
  return JSON.stringify([id, error === undefined, fencedBy, owesComparison, circuit]);
}

/** A replica notes so often (milliseconds), at most, that its primary has sent something. */
const NOTE_CONTACT_MS = 60_000;

/** Notes when the primary last sent something, now and then. */
export function contactNoter(durable: Durable): (at: number) => Promise<void> {
  let notedAt = Number.NEGATIVE_INFINITY;
  return async (at) => {
    if (Math.abs(at - notedAt) < NOTE_CONTACT_MS) return;
    notedAt = at;
    await durable.setNote(JSON.stringify({ at }));
  };
}
