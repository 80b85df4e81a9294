// The recording of what the console has seen: in order, bounded, thinned, and as a file.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ReplicationEvent } from '../../../../lib/telemetry/events.ts';
import { exported, imported } from '../../../../ui/recording/file.ts';
import { createFold } from '../../../../ui/recording/fold.ts';
import type { NodeName, Observation } from '../../../../ui/recording/observation.ts';
import { pictureAt } from '../../../../ui/recording/picture.ts';
import {
  createRecording,
  KEPT_MS,
  MAX_NAMED_RECORDS,
  MAX_OBSERVATIONS,
  TRIM_EVERY,
} from '../../../../ui/recording/recording.ts';
import { MAX_IN_WINDOW, WINDOW_MS, weightOf } from '../../../../ui/recording/thin.ts';
import { valuesAt } from '../../../../ui/recording/values.ts';
import { observationsOf, steps } from './events-of-a-pair.ts';

const RUNS = { numRuns: 30, seed: 12 };
const START = 1_000_000;

let seq = 0;
const event = (at: number, told: ReplicationEvent, node: NodeName = 'a'): Observation => ({
  at,
  what: 'event',
  node,
  process: 'p',
  event: { ...told, seq: ++seq, at },
});
const written = (at: number): Observation => event(at, { kind: 'written', key: 'k', epoch: 1, version: seq + 1 });
const recordingOf = (observations: readonly Observation[]) => {
  const recording = createRecording();
  for (const observation of observations) recording.append(observation);
  return recording;
};

describe('a recording', () => {
  test('keeps observations in the order of their times, in whichever order they come', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(3000), { maxLength: 60 }), (times) => {
        const recording = recordingOf(
          times.map((at): Observation => ({ at, what: 'telling', node: 'a', isTelling: true })),
        );
        expect(recording.observations.map(({ at }) => at)).toEqual(times.toSorted((a, b) => a - b));
      }),
      RUNS,
    );
  });

  test('of which stories are told follows what comes late', () => {
    fc.assert(
      fc.property(steps, fc.array(fc.nat(20), { minLength: 1, maxLength: 40 }), (all, delays) => {
        const observations = observationsOf([...all, ...all]);
        // Each comes up to 20 places later than it should.
        const late = observations
          .map((observation, i) => ({ observation, place: i + (delays[i % delays.length] ?? 0) }))
          .sort((a, b) => a.place - b.place);
        const recording = createRecording();
        const fold = createFold(recording);
        for (const { observation } of late) {
          recording.append(observation);
          fold.at(observation.at);
        }
        const end = observations.at(-1)?.at ?? 0;
        expect(fold.at(end)).toEqual(createFold(createRecording(recording.observations)).at(end));
      }),
      RUNS,
    );
  });

  test('keeps some events of each half second, counts the others, and loses no count', () => {
    const recording = recordingOf(
      Array.from({ length: 400 }, (_, i) => written(START + Math.floor((i / 400) * WINDOW_MS))),
    );
    const events = recording.observations.filter(({ what }) => what === 'event');
    const tallies = recording.observations.flatMap((each) => (each.what === 'tally' ? [each] : []));
    expect(events.length).toBe(MAX_IN_WINDOW);
    expect(tallies).toMatchObject([{ events: 400 - MAX_IN_WINDOW, tally: { written: 400 - MAX_IN_WINDOW } }]);
    expect(recording.thinned).toBe(400 - MAX_IN_WINDOW);
  });

  test('knows of many writes at once which were the last ones on each node, also as a file', () => {
    const records = Array.from({ length: 60 }, (_, i) => ({ key: `k${i}`, epoch: 1, version: 1 }));
    const recording = recordingOf(
      records.flatMap((record, i) => [
        event(START + i, { kind: 'written', ...record }),
        event(START + i, { kind: 'taken', records: [{ ...record, outcome: 'applied' }], count: 1, durationMs: 1 }, 'b'),
      ]),
    );
    for (const observations of [recording.observations, imported(exported(recording))]) {
      const { nodes } = createFold(createRecording(observations)).at(START + WINDOW_MS);
      for (const { values } of [nodes.a, nodes.b])
        expect(valuesAt(values, START + WINDOW_MS).map(({ key }) => key)).toEqual(['k59', 'k58', 'k57', 'k56']);
    }
  });

  test('never thins out what is rare: a promotion in the midst of load is kept', () => {
    const load = Array.from({ length: 200 }, () => written(START));
    const recording = recordingOf([...load, event(START + 1, { kind: 'promoted', mode: 'failover', epoch: 2 })]);
    expect(recording.observations).toContainEqual(
      expect.objectContaining({ event: expect.objectContaining({ kind: 'promoted' }) }),
    );
  });

  test('of half an hour of 1,000 events a second stays within its limits, and still says how the nodes are', () => {
    const recording = createRecording();
    let most = 0;
    recording.append({ at: START, what: 'process', node: 'b', state: 'running', ended: null });
    for (let second = 0; second < 1800; second++) {
      const at = START + second * 1000;
      recording.append({ at, what: 'look', node: 'a', look: { state: 'up', role: 'primary' } });
      // A few stand for all of it: each half second is thinned to the same ones.
      for (let i = 0; i < 40; i++) recording.append(written(at + (i % 2) * 500));
      most = Math.max(most, recording.observations.length);
    }
    expect(most).toBeLessThanOrEqual(MAX_OBSERVATIONS + TRIM_EVERY);
    const { observations } = recording;
    const end = observations.at(-1)?.at ?? 0;
    const kept = observations.filter(({ at }) => at < end - KEPT_MS - 60_000);
    expect(kept).toEqual([expect.objectContaining({ what: 'process', node: 'b' })]);
    expect(recording.dropped).toBeGreaterThan(0);
  });

  test('of observations that name many records each names no more than its limit, and is not trimmed for each of them', () => {
    const recording = createRecording();
    const keys = Array.from({ length: 50 }, (_, i) => `key ${i}`);
    const count = (2 * MAX_NAMED_RECORDS) / keys.length;
    for (let i = 0; i < count; i++) {
      recording.append({ at: START + i, what: 'backlog', keys, count: keys.length });
      if (i % 100 === 0) recording.append({ at: START + i, what: 'telling', node: 'a', isTelling: true });
      const named = i % 50 === 0 ? recording.observations.reduce((sum, each) => sum + weightOf(each), 0) : 0;
      expect(named).toBeLessThanOrEqual(MAX_NAMED_RECORDS);
    }
    expect(recording.dropped).toBeGreaterThan(0);
    expect(recording.edits).toBeLessThan(count / 10);
  });

  test('as a file draws the same pictures again, at every time', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const recording = recordingOf(observationsOf(all));
        const again = createRecording(imported(exported(recording)));
        const [one, other] = [createFold(recording), createFold(again)];
        for (let t = START; t < START + 8000; t += 331)
          expect(pictureAt(other.at(t), t)).toEqual(pictureAt(one.at(t), t));
      }),
      RUNS,
    );
  });

  test.each([
    ['what is not JSON', 'x', 'it is not JSON'],
    ['another file', '{"format":"other"}', 'format'],
    ['an event of an unknown kind', withEvent({ kind: 'exploded' }), 'observations.0.event.kind'],
    ['a time that is no date', withEvent({ kind: 'started' }, 1e300), 'observations.0.at'],
    [
      'a key that is no text',
      withEvent({ kind: 'written', key: {}, epoch: 1, version: 1 }),
      'observations.0.event.key',
    ],
    ['a file without anything in it', '{"format":"tandem-recording","version":1,"observations":[]}', 'observations'],
  ])('is not made of %s', (_, text, reason) => {
    expect(() => imported(text)).toThrow(reason);
  });
});

function withEvent(told: object, at = START): string {
  const observations = [{ at, what: 'event', node: 'a', process: 'p', event: { seq: 1, at: START, ...told } }];
  return JSON.stringify({ format: 'tandem-recording', version: 1, observations });
}
