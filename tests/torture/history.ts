// What the clients of a run did, and what happened to the primary meanwhile. Times are those of `performance.now()`.

export interface Stamp {
  readonly epoch: number;
  readonly version: number;
}

export type Condition = { readonly ifMatch: Stamp } | { readonly ifNoneMatch: '*' };

/** What became of a write. */
export type Outcome =
  /** `created`: whether there was no live value before; absent: the answer did not say. */
  | { readonly kind: 'done'; readonly stamp: Stamp; readonly isReplicated: boolean; readonly created?: boolean }
  /** The condition did not hold. `currentVersion`: `null` where there is no live value. */
  | { readonly kind: 'refused'; readonly currentVersion: number | null }
  /** There was nothing to delete. */
  | { readonly kind: 'nothing' }
  /** There was no answer, or one that leaves it open: it took effect before `endedAt`, or never. */
  | { readonly kind: 'unknown' };

export type Action =
  /** `value`: `undefined` where there was none. */
  | { readonly kind: 'read'; readonly value: string | undefined; readonly stamp?: Stamp }
  /** `value`: `undefined` for a deletion. */
  | {
      readonly kind: 'write';
      readonly value: string | undefined;
      readonly condition?: Condition;
      readonly outcome: Outcome;
    }
  /** The primary was killed, and began again with what the replica held. */
  | { readonly kind: 'crash' }
  /** The primary said that everything it held was on the replica. */
  | { readonly kind: 'synced' };

export interface Operation {
  readonly client: string;
  readonly action: Action;
  readonly calledAt: number;
  /** When the answer was there; of an unknown outcome, until when it may have taken effect. */
  readonly endedAt: number;
}

/** The newer stamp is the greater one. */
export function compareStamps(a: Stamp, b: Stamp): number {
  return a.epoch - b.epoch || a.version - b.version;
}

export function isOptional({ action }: Operation): boolean {
  return action.kind === 'write' && action.outcome.kind === 'unknown';
}

/** Operations of one key as a table for people, in the order in which they were called. */
export function tableOf(operations: readonly Operation[]): string {
  const sorted = operations.toSorted((a, b) => a.calledAt - b.calledAt);
  const start = sorted[0]?.calledAt ?? 0;
  const rows = sorted.map(({ client, action, calledAt, endedAt }) => {
    const until = Number.isFinite(endedAt) ? ms(endedAt - start) : 'open';
    return [ms(calledAt - start), until, client, ...wordsOf(action)];
  });
  const all = [['called', 'ended', 'client', 'what', 'outcome'], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function ms(time: number): string {
  return `${time.toFixed(1)} ms`;
}

export function tagOf({ epoch, version }: Stamp): string {
  return `"${epoch}-${version}"`;
}

function wordsOf(action: Action): [what: string, outcome: string] {
  if (action.kind === 'crash') return ['the primary was killed', ''];
  if (action.kind === 'synced') return ['status', 'inSync'];
  if (action.kind === 'read')
    return ['read', action.value === undefined ? 'none' : `${action.value} ${action.stamp ? tagOf(action.stamp) : ''}`];
  const { value, condition, outcome } = action;
  const what = `${value === undefined ? 'delete' : `put ${value}`}${conditionWords(condition)}`;
  if (outcome.kind === 'done') return [what, `${tagOf(outcome.stamp)}${outcome.isReplicated ? ' replicated' : ' 202'}`];
  if (outcome.kind === 'refused') return [what, `412, at version ${outcome.currentVersion}`];
  return [what, outcome.kind === 'nothing' ? '404' : 'unknown'];
}

function conditionWords(condition: Condition | undefined): string {
  if (condition === undefined) return '';
  return 'ifMatch' in condition ? ` if ${tagOf(condition.ifMatch)}` : ' if none';
}
