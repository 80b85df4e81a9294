// What a node tells of itself, as terms and their values.
import type { Role } from '../../lib/role.ts';
import { age, count } from '../nodes/words.ts';
import type { StatusTold } from '../watch/seen.ts';

export interface Fact {
  readonly term: string;
  readonly value: string;
}

const NOT_KNOWN = '–';
const STORES: Readonly<Record<string, string>> = {
  memory: 'In memory',
  dynamodb: 'On DynamoDB',
  sqlite: 'In a data file',
};

/** @param now milliseconds */
export function factsOf(role: Role, status: StatusTold | undefined, differences: string, now: number): Fact[] {
  const told = status?.role === role ? status : undefined;
  const ago = (time: string | null | undefined) => (time ? `${age(now - Date.parse(time))} ago` : 'none yet');
  const own: Fact[] =
    role === 'primary'
      ? [
          { term: 'Backlog', value: told ? backlogText(told) : NOT_KNOWN },
          { term: 'Circuit', value: told?.replica?.circuit?.replace('_', ' ') ?? NOT_KNOWN },
          { term: 'Last contact', value: told ? ago(told.replica?.lastContactAt) : NOT_KNOWN },
        ]
      : [
          { term: 'Differences', value: told ? differences : NOT_KNOWN },
          { term: 'Last contact', value: told ? ago(told.lastContactAt) : NOT_KNOWN },
        ];
  return [{ term: 'Keys', value: told ? keyCount(told) : NOT_KNOWN }, ...own];
}

/** A node may count up to a bound only. */
export function keyCount({ keys, keysAtLeast }: Pick<StatusTold, 'keys' | 'keysAtLeast'>): string {
  return `${keysAtLeast ? '≥ ' : ''}${keys.toLocaleString('en')}`;
}

function backlogText({ backlog }: StatusTold): string {
  if (!backlog) return NOT_KNOWN;
  return backlog.count === 0 ? 'empty' : `${count(backlog.count, 'record')}, ${age(backlog.oldestAgeMs ?? 0)}`;
}

export const storeText = ({ store }: StatusTold): string => STORES[store] ?? store;
