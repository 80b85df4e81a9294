// A switchover: the replica asks for the lead, and the primary gives it away once the replica holds all that it holds. It
// commits at the primary. Until then any process may end it when its time is over, and all is as before; from then on the
// former primary takes no write, and says in every handshake whom it gave the lead.
import type { Clock } from '../clock.ts';
import { excerpt, MAX_EXCERPT, TandemError } from '../errors.ts';
import { HANDSHAKE_TIMEOUT_MS, type Peer, PeerError, SWITCHOVER_MS } from '../peer/peer.ts';
import type { Grant, Handshake } from '../peer/wire.ts';
import type { StoredRecord } from '../record.ts';
import type { Entry, Store } from '../store/store.ts';
import { epochAfter, type Parity } from './current-epoch.ts';
import { leads } from './meet.ts';
import type { Primary } from './primary.ts';
import { BELIEF_MS, type Roles } from './roles.ts';

/**
 * How long a switchover over a durable store waits for other processes, in milliseconds: one may have read just before that
 * it may write, and its write takes a moment. What comes later still is owed by the former primary, and pulled from there.
 */
const OTHERS_MS = BELIEF_MS + 500;
/** Keys that a refusal names. */
const MAX_NAMED = 5;

export interface GiveOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly roles: Roles;
  readonly primary: Primary;
  /** Of the epochs of the other node. */
  readonly parity: Parity;
  /** Whether a record is not on the replica because it is made to fail there. */
  readonly isHeldBack: (record: StoredRecord) => boolean;
}

/**
 * Gives the lead to the replica. @param to the contents id that asks for it
 * @throws TandemError `switching`, `not_in_sync`: then this primary leads on
 */
export async function giveLead(options: GiveOptions, to: string): Promise<Grant> {
  const { store, clock, roles, primary, parity } = options;
  const startedAt = clock.elapsed();
  const id = await roles.beginSwitching(clock.now() + SWITCHOVER_MS);
  if (id === undefined) throw switching();
  try {
    await primary.untilStored();
    if (store.nodeState) await clock.sleep(OTHERS_MS);
    const { stoppedBy } = await primary.repair(SWITCHOVER_MS - (clock.elapsed() - startedAt));
    await checkInSync(options, to, stoppedBy);
    const { epoch: known } = await store.highestEpoch();
    const grant = { to, epoch: epochAfter(known, clock.now(), parity) };
    if (!(await roles.grant(id, grant))) throw notInSync('its time is over');
    await store.raiseEpoch(grant.epoch, to);
    return grant;
  } catch (error) {
    await roles.endSwitching(id);
    throw error;
  }
}

/** @throws TandemError `not_in_sync` */
async function checkInSync(
  { store, primary, isHeldBack }: GiveOptions,
  to: string,
  stoppedBy: string | undefined,
): Promise<void> {
  if (stoppedBy !== undefined) throw notInSync(stoppedBy);
  const { contentsId, isRefilling } = primary.replicaFacts;
  if (contentsId !== to || isRefilling)
    throw notInSync('the replica has other contents by now, which are being filled');
  const owed: Entry[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.backlog({ limit: 500, ...(cursor !== undefined && { cursor }) });
    owed.push(...page.entries.filter(({ record }) => !isHeldBack(record)));
    cursor = page.cursor;
  } while (cursor !== undefined && owed.length <= MAX_NAMED);
  if (owed.length > 0) throw notInSync(`the replica lacks ${owed.slice(0, MAX_NAMED).map(named).join(', ')}`);
}

function named({ record: { key }, replication }: Entry): string {
  const reason = replication?.attempts.findLast(({ outcome }) => outcome === 'failed')?.error;
  const name = `'${excerpt(key, MAX_EXCERPT / MAX_NAMED)}'`;
  return reason === undefined ? name : `${name} (${reason})`;
}

/** What a switchover found out at the former primary. */
export interface Given {
  readonly grant: Grant;
  /** The contents id of the former primary, which has the same records. */
  readonly former: string;
}

/**
 * Asks the primary for the lead.
 * @param own the contents id of this replica
 * @throws TandemError `primary_unreachable`, `not_in_sync`
 */
export async function askForLead(peer: Peer, describe: () => Promise<Handshake>, own: string): Promise<Given> {
  const said = await reach(peer, describe);
  const given = grantIn(said, own);
  if (given) return given;
  if (!leads(said)) throw unreachable(`the other node is a ${said.role} that is ${said.state}`);
  try {
    return { grant: await peer.switchover({ from: own, to: said.id }), former: said.id };
  } catch (error) {
    if (!(error instanceof PeerError)) throw error;
    const { notInSync: reason } = error.failure;
    if (reason !== undefined) throw notInSync(reason);
    // The answer may be lost: the primary says in every handshake what it has done.
    const after = grantIn(await reach(peer, describe), own);
    if (after) return after;
    throw notInSync(error.message);
  }
}

/** @throws TandemError `primary_unreachable` */
async function reach(peer: Peer, describe: () => Promise<Handshake>): Promise<Handshake> {
  try {
    return await peer.handshake(await describe(), HANDSHAKE_TIMEOUT_MS);
  } catch (error) {
    // The peer is called by the role that it has for those who write; here it is the other one.
    if (error instanceof PeerError) throw unreachable(error.message.replace(/^replica /, 'primary '));
    throw error;
  }
}

/** What the other node says that it has given, if it is to these contents. */
export function grantIn({ role, id, grant }: Handshake, own: string): Given | undefined {
  return role === 'replica' && grant?.to === own ? { grant, former: id } : undefined;
}

export function replaced(): TandemError {
  return new TandemError('not_primary', 'Another node leads now: this one is its replica, and takes no writes.');
}

/** Ends a switchover whose time is over. @throws TandemError `switching` while one is under way */
export async function refuseWhileSwitching(roles: Roles, clock: Clock): Promise<void> {
  const { switching: open } = roles.believed;
  if (!open) return;
  if (open.until > clock.now()) throw switching();
  await roles.endSwitching(open.id);
}

export function switching(): TandemError {
  return new TandemError('switching', 'The replica is about to become the primary. Try again in a moment.');
}

export function notInSync(reason: string): TandemError {
  const sentence = reason.endsWith('.') ? reason : `${reason}.`;
  return new TandemError('not_in_sync', `The lead was not given away, and all is as before: ${sentence}`, { reason });
}

function unreachable(reason: string): TandemError {
  const detail = `There is no primary that could give the lead away: ${reason}. If it is lost, send {"force":true}: GET /divergent then lists which writes it superseded unseen.`;
  return new TandemError('primary_unreachable', detail);
}
