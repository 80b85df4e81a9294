// What the plot shows: each second as it was, whenever the console hears of it.
import { expect, test } from '@jest/globals';
import type { ReplicationEvent } from '../../../lib/telemetry/events.ts';
import { createSampler } from '../../../ui/plot/series.ts';
import type { NodeName, Observation } from '../../../ui/recording/observation.ts';
import { createRecording } from '../../../ui/recording/recording.ts';

const OPENED = 1_000_000;
let seq = 0;
const event = (at: number, node: NodeName, told: ReplicationEvent): Observation => ({
  at,
  what: 'event',
  node,
  process: 'p',
  event: { ...told, seq: ++seq, at },
});
const record = { key: 'k', epoch: 1, version: 1 };

test('what happened before the page was opened is sampled once it comes in, with its marks', () => {
  const recording = createRecording();
  const sampler = createSampler(recording);
  for (const [node, role] of [
    ['a', 'primary'],
    ['b', 'replica'],
  ] as const)
    recording.append({ at: OPENED, what: 'look', node, look: { state: 'up', role, epoch: 1, backlog: 1 } });
  expect(sampler.upTo(OPENED + 5000).samples.map(({ at }) => at - OPENED)).toEqual([0, 1000, 2000, 3000, 4000, 5000]);

  const past = OPENED - 30_000;
  recording.append(event(past, 'a', { kind: 'written', ...record }));
  recording.append(
    event(past + 1, 'a', { kind: 'not_tried', error: 'the circuit is open', records: [record], count: 1 }),
  );
  // The other node tells later, of a time between.
  sampler.upTo(OPENED + 6000);
  recording.append(event(past - 5000, 'b', { kind: 'fault', fault: 'error', records: [], count: 1 }));

  const { samples, marks } = sampler.upTo(OPENED + 6000);
  expect(samples.map(({ at }) => at)).toEqual(Array.from({ length: 42 }, (_, i) => past - 5000 + i * 1000));
  expect(samples.map(({ owed }) => owed)).toEqual([...Array(6).fill(0), ...Array(36).fill(1)]);
  expect(marks).toMatchObject([{ at: past - 5000, kind: 'fault' }]);
});
