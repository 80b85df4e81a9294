// The last values that a node shows.
import type { NamedRecord } from '../../lib/telemetry/events.ts';
import type { HeldRecord, NodeName } from './observation.ts';
import { MAX_REMEMBERED, MAX_VALUES, type ShownValue, type Story, stampOf, withNode } from './story.ts';

/** A record is on the node, and is shown there from a time on. A newer one of its key stays. */
export function showValue(story: Story, node: NodeName, record: NamedRecord, from: number): Story {
  const view = story.nodes[node];
  const before = view.values.find(({ key }) => key === record.key);
  if (before && (before.epoch > record.epoch || (before.epoch === record.epoch && before.version >= record.version)))
    return story;
  const stamp = stampOf(record);
  const value = story.known.find((known) => known.stamp === stamp)?.value;
  const shown: ShownValue = {
    key: record.key,
    epoch: record.epoch,
    version: record.version,
    deleted: record.deleted === true,
    from,
    ...(value !== undefined && { value }),
  };
  // What it replaces is shown until then.
  const rest = view.values.filter((each) => each.key !== record.key || each === before);
  const values = [shown, ...rest].slice(0, MAX_VALUES * 2);
  return withNode(story, node, { values });
}

/** The values of a node at a time, the newest first, each key once. */
export function valuesAt(values: readonly ShownValue[], t: number): readonly ShownValue[] {
  const keys = new Set<string>();
  const shown = values.filter(({ key, from }) => {
    if (from > t || keys.has(key)) return false;
    keys.add(key);
    return true;
  });
  return shown.slice(0, MAX_VALUES);
}

/** What a node holds is shown behind what it was seen to take, which is newer. */
export function tellHeld(story: Story, at: number, node: NodeName, records: readonly HeldRecord[]): Story {
  const known = records.reduce((learned, { value, ...record }) => learnValue(learned, stampOf(record), value), story);
  const { values } = known.nodes[node];
  const held = records
    .filter(({ key }) => values.every((each) => each.key !== key))
    .map(({ writtenAt, ...record }): ShownValue => ({ ...record, deleted: false, from: Math.min(at, writtenAt) }));
  const shown = [...values, ...held].slice(0, MAX_VALUES * 2);
  return withNode(known, node, { values: shown });
}

/** A value becomes known: of each node that shows the record it is shown, and of each that will. */
export function learnValue(story: Story, stamp: string, value: string): Story {
  const known = [...story.known.filter((each) => each.stamp !== stamp), { stamp, value }].slice(-MAX_REMEMBERED);
  const learn = (values: readonly ShownValue[]) =>
    values.map((shown) => (stampOf(shown) === stamp ? { ...shown, value } : shown));
  const { a, b } = story.nodes;
  return { ...story, known, nodes: { a: { ...a, values: learn(a.values) }, b: { ...b, values: learn(b.values) } } };
}
