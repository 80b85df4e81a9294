// How the copying between the nodes goes, in a state and in words.
import type { Lead } from '../nodes/pair.ts';
import { age, clockTime, count } from '../nodes/words.ts';
import type { Circuit, Seen, StatusTold } from './seen.ts';

export interface LinkWords {
  readonly state: 'good' | 'behind' | 'open' | 'failing' | 'unknown';
  readonly title: string;
  readonly text: string;
}

/**
 * @param primary what was seen of the node that leads
 * @param replica what was seen of the other one
 * @param differing keys of those compared here that differ; `undefined`: nothing was compared
 */
export function linkWords({ lead, leader }: Lead, primary: Seen, replica: Seen, differing?: number): LinkWords {
  return lead === 'one' ? ofOneLeader(primary, replica, differing ?? 0) : ofOthers(lead, leader, differing ?? 0);
}

/** For as long as not exactly one leads: until both nodes have heard of each other. */
function ofOthers(lead: 'both' | 'none', leader: string, differing: number): LinkWords {
  if (lead === 'none') {
    return {
      state: 'open',
      title: 'No node leads.',
      text: 'Until one does, no writes are taken. If this lasts, promote one of them.',
    };
  }
  const differences = differing > 0 ? `, and ${differ(differing)} by now` : '';
  return {
    state: 'failing',
    title: 'Both nodes lead:',
    text: `they have not heard of each other${differences}. Writes go to node ${leader.toUpperCase()}, whose epoch is the later one.`,
  };
}

const differ = (differing: number) => (differing === 1 ? '1 key differs' : `${count(differing, 'key')} differ`);

function ofOneLeader(primary: Seen, replica: Seen, differing: number): LinkWords {
  if (primary.state === undefined || replica.state === undefined)
    return { state: 'unknown', title: 'Connecting.', text: 'Both nodes are being asked.' };
  if (primary.state === 'recovering')
    return { state: 'behind', title: 'Recovering.', text: 'The primary is taking back what the replica holds.' };
  if (!primary.isAnswering && !replica.isAnswering && primary.state === replica.state) return bothSilent(primary);
  if (primary.state === 'locked')
    return { state: 'unknown', title: 'Unknown.', text: 'The primary tells only those who have a token.' };
  const { status } = primary;
  if (!primary.isAnswering || !status?.backlog || !status.replica)
    return { state: 'unknown', title: 'Unknown.', text: 'The primary does not answer, so no writes are taken.' };
  return ofServing(primary.state, status, replica, differing);
}

function ofServing(state: Seen['state'], status: StatusTold, replica: Seen, differing: number): LinkWords {
  const { backlog = { count: 0, oldestAgeMs: null }, replica: link } = status;
  const oldest =
    backlog.count > 0 && backlog.oldestAgeMs !== null ? `, the oldest for ${age(backlog.oldestAgeMs)}` : '';
  const waiting = `${count(backlog.count, 'record')} in the backlog${oldest}.`;
  const { circuit = null, reachable = null, error = null } = link ?? {};
  // On DynamoDB every function has a circuit of its own, and only a repair leaves behind how it went.
  const isOwnCircuit = status.store !== 'dynamodb';
  if (state === 'switching')
    return { state: 'behind', title: 'Switching.', text: `The replica is about to lead. ${waiting}` };
  const ofCircuit = isOwnCircuit ? CIRCUIT_WORDS[circuit ?? 'closed'] : '';
  // Whoever watches cannot reach it either, so it does not depend on what the primary has noticed of it.
  if (!replica.isAnswering && replica.state !== 'locked')
    return { state: 'failing', title: 'Replica not reachable.', text: ofCircuit + waiting };
  if (isOwnCircuit && circuit === 'open') return { state: 'open', title: 'Circuit open.', text: ofCircuit + waiting };
  if (isOwnCircuit && circuit === 'half_open')
    return { state: 'open', title: 'Circuit half open.', text: ofCircuit + waiting };
  if (replica.state === 'refilling' && reachable === true)
    return {
      state: 'behind',
      title: 'Refilling.',
      text: 'The primary is filling a replica that has started with nothing.',
    };
  const reason = error ?? 'the replica did not answer';
  if (reachable !== true) return { state: 'failing', title: 'Failing.', text: `${reason}. ${waiting}` };
  if ((circuit ?? 'closed') !== 'closed')
    return { state: 'failing', title: 'Failing at the last repair:', text: `${reason}. ${waiting}` };
  if (replica.state === 'locked')
    return {
      state: 'unknown',
      title: 'Not compared.',
      text: `The replica tells only those who have a token. ${waiting}`,
    };
  if (backlog.count > 0) return { state: 'behind', title: 'Behind.', text: waiting };
  if (differing > 0)
    return { state: 'behind', title: 'Not identical.', text: `The backlog is empty, and yet ${differ(differing)}.` };
  return { state: 'good', title: 'Identical.', text: identicalText(status) };
}

/** What a circuit means for writes, before what else there is to say. */
const CIRCUIT_WORDS: Readonly<Record<Circuit, string>> = {
  closed: '',
  open: 'Writes do not wait for the replica. ',
  half_open: 'The next write tries the replica again. ',
};

function bothSilent({ state }: Seen): LinkWords {
  const text =
    state === 'locked'
      ? 'Both nodes tell only those who have a token.'
      : 'Neither node answers, so no writes are taken.';
  return { state: 'unknown', title: 'Unknown.', text };
}

function identicalText({ inSync, inSyncSince }: StatusTold): string {
  if (!inSync) return 'All that was looked at here is equal. A comparison of everything is due within a minute.';
  const since = inSyncSince ? ` In sync since ${clockTime(inSyncSince)}.` : '';
  return `Every record of the primary is on the replica.${since}`;
}
