// What is checked once a run is over: both nodes hold the same, and each history is one of a register.
import { compareNodes } from '../support/compare-nodes.ts';
import type { Cluster } from './cluster.ts';
import { type Operation, tableOf } from './history.ts';
import { checkLinearizable } from './linearizable.ts';
import type { RunRecord } from './record.ts';

/** Operations of a history that are shown before and after the place where it went wrong. */
const SHOWN = 30;
const MAX_VIOLATIONS = 20;

/** P4: after the last fault, once the primary says that both are in sync. */
export async function checkAtTheEnd({ primary, replica }: Cluster, record: RunRecord): Promise<void> {
  for (const difference of await compareNodes(primary.url, replica.url)) record.violate(`P4 ${difference}`);
}

/** P1, and P5 where the primary was killed. */
export function checkHistories(record: RunRecord): void {
  for (const key of record.keys) {
    const { result, stuck, state } = checkLinearizable(record.historyOf(key));
    if (result === 'linearizable') continue;
    const { value = 'nothing', version } = state.now;
    const what = result === 'undecided' ? 'could not be decided' : 'is not linearizable';
    record.violate(
      `P1 P5 ${key}: the history ${what}. With ${value} at version ${version}, none of these can come next:\n${tableOf(stuck)}`,
      key,
    );
  }
}

/** For people: what was broken, and the end of each history that shows it. */
export function reportOf(record: RunRecord): string {
  const { violations } = record;
  const keys = new Set(violations.flatMap(({ key }) => key ?? []));
  const histories = [...keys].map((key) => `\n${key}:\n${tableOf(excerptOf(record, key))}`);
  return [...violations.slice(0, MAX_VIOLATIONS).map(({ text }) => text), ...histories].join('\n');
}

/** Around the place where it cannot go on, if it is not linearizable; else its end. */
function excerptOf(record: RunRecord, key: string): readonly Operation[] {
  const sorted = record.historyOf(key).toSorted((a, b) => a.calledAt - b.calledAt);
  const { result, stuck } = checkLinearizable(sorted);
  const at = result === 'linearizable' ? sorted.length : sorted.indexOf(stuck[0] as Operation);
  return sorted.slice(Math.max(0, at - SHOWN), at + SHOWN);
}
