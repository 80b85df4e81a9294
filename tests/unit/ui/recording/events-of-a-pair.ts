// What two nodes tell, made up: writes with every fate there is, and what else may come in between.
import fc from 'fast-check';
import type { NamedRecord, ReplicationEvent } from '../../../../lib/telemetry/events.ts';
import type { NodeName, Observation } from '../../../../ui/recording/observation.ts';

export const FATES = [
  'applied',
  'same',
  'failed',
  'lost_request',
  'lost_reply',
  'twice',
  'not_tried',
  'unanswered',
  'silent',
] as const;
export type Fate = (typeof FATES)[number];

export type Step =
  | { readonly do: 'write'; readonly key: number; readonly fate: Fate }
  | { readonly do: 'retry'; readonly key: number; readonly fate: Fate }
  | { readonly do: 'batch'; readonly count: number; readonly fate: Fate }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'restart'; readonly node: NodeName }
  | { readonly do: 'gap'; readonly node: NodeName }
  | { readonly do: 'promote'; readonly node: NodeName }
  | { readonly do: 'look'; readonly backlog: number };

const fate = fc.constantFrom(...FATES);
const node = fc.constantFrom<NodeName>('a', 'b');

export const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.record({ do: fc.constant('write' as const), key: fc.nat(9), fate }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('retry' as const), key: fc.nat(9), fate }) },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant('batch' as const), count: fc.integer({ min: 1, max: 60 }), fate }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(4000) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const), node }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('gap' as const), node }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('promote' as const), node }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('look' as const), backlog: fc.nat(40) }) },
  ),
  { maxLength: 60 },
);

/** Observations of these steps, in the order of their times, as node A leads and B follows. */
export function observationsOf(all: readonly Step[], start = 1_000_000): Observation[] {
  const made: Observation[] = [];
  const versions = new Map<string, number>();
  let at = start;
  let request = 0;
  let seq = 0;

  function tells(teller: NodeName, event: ReplicationEvent): void {
    at += 1;
    made.push({ at, what: 'event', node: teller, process: 'p', event: { ...event, seq: ++seq, at } });
  }

  function ship(records: readonly NamedRecord[], end: Fate, retried: number): void {
    const some = { records: records.slice(0, 12), count: records.length };
    const failing = { request: ++request, durationMs: 3, nextAttemptAt: at + 900 };
    const outcomes = (outcome: 'applied' | 'same' | 'failed') => ({
      records: some.records.map((record) => ({
        ...record,
        outcome,
        ...(outcome === 'failed' && { error: 'no', nextAttemptAt: at + 900 }),
      })),
      count: records.length,
    });
    if (end === 'not_tried') tells('a', { kind: 'not_tried', error: 'the circuit is open', ...some });
    else tells('a', { kind: 'sent', request, retried, ...some });
    if (end === 'lost_request') tells('a', { kind: 'fault', fault: 'drop_request', ...some });
    if (end === 'lost_request')
      tells('a', { kind: 'unanswered', error: 'fault: the request was dropped', ...failing, ...some });
    if (end === 'unanswered') tells('a', { kind: 'unanswered', error: 'connection refused', ...failing, ...some });
    if (['not_tried', 'lost_request', 'unanswered', 'silent'].includes(end)) return;
    tells('b', { kind: 'received', ...some });
    if (end === 'twice') tells('b', { kind: 'received', ...some });
    const outcome = end === 'failed' ? 'failed' : end === 'same' ? 'same' : 'applied';
    tells('b', { kind: 'taken', durationMs: 1, ...outcomes(outcome) });
    if (end === 'twice') tells('b', { kind: 'taken', durationMs: 1, ...outcomes('same') });
    if (end === 'lost_reply') {
      tells('b', { kind: 'fault', fault: 'drop_reply', ...some });
      tells('a', { kind: 'unanswered', error: 'no answer in time', ...failing, ...some });
    } else tells('a', { kind: 'answered', request, durationMs: 2, ...outcomes(outcome) });
  }

  function write(key: string): NamedRecord {
    const version = (versions.get(key) ?? 0) + 1;
    versions.set(key, version);
    const record = { key, epoch: 10, version };
    tells('a', { kind: 'written', ...record });
    return record;
  }

  made.push({
    at,
    what: 'look',
    node: 'a',
    look: { state: 'up', role: 'primary', id: 'ca', epoch: 10, backlog: 0, inSync: true },
  });
  made.push({ at, what: 'look', node: 'b', look: { state: 'up', role: 'replica', id: 'cb', epoch: 10 } });
  for (const step of all) {
    if (step.do === 'write') ship([write(`key-${step.key}`)], step.fate, 0);
    else if (step.do === 'retry') {
      const key = `key-${step.key}`;
      const version = versions.get(key);
      if (version !== undefined) ship([{ key, epoch: 10, version }], step.fate, 1);
    } else if (step.do === 'batch') {
      ship(
        Array.from({ length: step.count }, (_, i) => write(`batch-${i}`)),
        step.fate,
        0,
      );
    } else if (step.do === 'wait') at += step.ms;
    else if (step.do === 'restart') tells(step.node, { kind: 'started' });
    else if (step.do === 'promote') tells(step.node, { kind: 'promoted', mode: 'failover', epoch: at });
    else if (step.do === 'gap') made.push({ at, what: 'gap', node: step.node, count: 3 });
    else
      made.push({
        at,
        what: 'look',
        node: 'a',
        look: { state: 'up', role: 'primary', id: 'ca', epoch: 10, backlog: step.backlog },
      });
  }
  return made;
}
