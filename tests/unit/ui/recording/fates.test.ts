// Each fate of a record, drawn and said.
import { describe, expect, test } from '@jest/globals';
import type { ReplicationEvent } from '../../../../lib/telemetry/events.ts';
import { conditionOf } from '../../../../ui/recording/condition.ts';
import { createFold } from '../../../../ui/recording/fold.ts';
import type { NodeName, Observation } from '../../../../ui/recording/observation.ts';
import { type Drawn, pictureAt } from '../../../../ui/recording/picture.ts';
import { createRecording } from '../../../../ui/recording/recording.ts';
import { EMPTY, type Story } from '../../../../ui/recording/story.ts';
import { tell } from '../../../../ui/recording/tell.ts';
import { valuesAt } from '../../../../ui/recording/values.ts';
import { type Fate, observationsOf, type Step } from './events-of-a-pair.ts';

const write = (fate: Fate, key = 1): Step => ({ do: 'write', key, fate });
const WAIT: Step = { do: 'wait', ms: 5000 };

function played(all: readonly Step[]) {
  const observations = observationsOf(all);
  const fold = createFold(createRecording(observations));
  const first = observations[0]?.at ?? 0;
  const last = observations.at(-1)?.at ?? 0;
  /** The ways that tokens of a key are seen to go, one after the other, and how each ends. */
  const ways = (key: string): readonly string[] => {
    const seen: string[] = [];
    for (let t = first; t < last + 12_000; t += 20) {
      const token = pictureAt(fold.at(t), t).tokens.find(({ label, isTwin }) => label === key && !isTwin);
      const way = token ? wayOf(token) : 'gone';
      if (seen.at(-1) !== way) seen.push(way);
    }
    return seen.filter((way) => way !== 'gone');
  };
  const end = fold.at(last);
  return { ways, end, at: last, texts: end.told.map(({ text }) => text).join(' '), fold };
}

const wayOf = ({ form, from, to, tone }: Drawn): string => `${form} ${from}→${to} ${tone}`;

describe('a record', () => {
  test('that is copied goes from the client over the primary to the replica, and comes back as a tick', () => {
    const { ways, texts, end, at } = played([write('applied')]);
    expect(ways('key-1')).toEqual(['record client→a plain', 'record a→b plain', 'tick b→a good']);
    expect(texts).toContain('“key-1” is on both nodes: B has acknowledged it.');
    expect(valuesAt(end.nodes.b.values, at + 3000)).toMatchObject([{ key: 'key-1', version: 1 }]);
  });

  test('that the replica refuses bounces, waits in the queue, and a ring counts down', () => {
    const { ways, texts, end, at } = played([write('failed')]);
    expect(ways('key-1').slice(0, 3)).toEqual(['record client→a plain', 'record a→b plain', 'record b→queue bad']);
    expect(texts).toContain('B refused “key-1” (no). A keeps it in its backlog and tries again.');
    const early = { ...end, tokens: end.tokens.map((token) => ({ ...token, nextAttemptAt: at + 10_000 })) };
    const [first, second] = [5000, 8000].map((later) => pictureAt(early, at + later).tokens[0]?.ring);
    expect(first?.leftMs).toBe(5000);
    expect(second?.part).toBeGreaterThan(first?.part ?? 1);
    expect(valuesAt(end.nodes.b.values, at + 9000)).toEqual([]);
  });

  test('whose request is lost fades in the tube, and waits in the queue', () => {
    const { ways, texts } = played([write('lost_request')]);
    expect(ways('key-1')).toEqual(['record client→a plain', 'record a→b bad', 'record queue→queue plain']);
    expect(texts).toContain('“key-1” was lost on its way to B');
  });

  test('whose reply is lost lands, and its tick dies on the way', () => {
    const { ways, texts, end, at, fold } = played([write('lost_reply')]);
    expect(ways('key-1')).toEqual([
      'record client→a plain',
      'record a→b plain',
      'tick b→a bad',
      'record queue→queue plain',
    ]);
    expect(texts).toContain('B took “key-1”, but its answer was lost.');
    expect(valuesAt(end.nodes.b.values, at + 5000)).toMatchObject([{ key: 'key-1' }]);
    const ticks = Array.from({ length: 300 }, (_, i) => pictureAt(fold.at(at + i * 20), at + i * 20).tokens)
      .flat()
      .filter(({ form }) => form === 'tick');
    expect(Math.max(...ticks.map(({ progress }) => progress))).toBeLessThanOrEqual(0.5);
  });

  test('that meets a replica that is gone bounces off its wall', () => {
    const { ways, texts } = played([write('unanswered')]);
    expect(ways('key-1').slice(0, 3)).toEqual(['record client→a plain', 'record a→b plain', 'record b→queue bad']);
    expect(texts).toContain('“key-1” bounced off B (connection refused).');
  });

  test('that comes twice is two, and the second one dissolves as the same', () => {
    const { texts, fold, at } = played([write('twice')]);
    const tokens = Array.from({ length: 200 }, (_, i) => pictureAt(fold.at(at + i * 10), at + i * 10).tokens);
    const twins = tokens.flat().filter(({ isTwin }) => isTwin);
    expect(new Set(twins.map(({ id }) => id)).size).toBe(1);
    expect(twins.at(-1)?.opacity).toBeLessThan(0.3);
    expect(
      tokens.some((drawn) => drawn.filter(({ label, opacity }) => label === 'key-1' && opacity > 0).length === 2),
    ).toBe(true);
    expect(texts).toContain('“key-1” came to B twice. The second one is “same”: it changes nothing.');
  });

  test('that is not tried goes straight to the queue', () => {
    const { ways, texts } = played([write('not_tried')]);
    expect(ways('key-1').slice(0, 2)).toEqual(['record client→a plain', 'record a→queue warn']);
    expect(texts).toContain('does not try to send (the circuit is open)');
  });

  test('that is sent again after a lost reply is found to be there: same', () => {
    const { texts } = played([write('lost_reply'), WAIT, { do: 'retry', key: 1, fate: 'same' }]);
    expect(texts).toContain('A sends “key-1” again, after 5.0 s.');
    expect(texts).toContain('B had “key-1” already: it answers “same”, and nothing is applied twice.');
    expect(texts).toContain('Healed: nothing waits any more.');
  });
});

describe('the pair', () => {
  const at = 2_000_000;
  let seq = 0;
  const event = (after: number, node: NodeName, told: ReplicationEvent): Observation => ({
    at: at + after,
    what: 'event',
    node,
    process: 'p',
    event: { ...told, seq: ++seq, at: at + after },
  });
  const looks: readonly Observation[] = [
    { at, what: 'look', node: 'a', look: { state: 'up', role: 'primary', epoch: 2, backlog: 0 } },
    { at, what: 'look', node: 'b', look: { state: 'up', role: 'replica', epoch: 2 } },
  ];
  const story = (...more: readonly Observation[]): Story => [...looks, ...more].reduce(tell, EMPTY);

  test('heals record by record: the queue is left one after the other', () => {
    const keys = [0, 1, 2, 3, 4];
    const { at: last, fold } = played([
      ...keys.map((key) => write('failed', key)),
      WAIT,
      ...keys.map((key): Step => ({ do: 'retry', key, fate: 'applied' })),
    ]);
    const queued = Array.from(
      { length: 400 },
      (_, i) => pictureAt(fold.at(last - 30 + i * 10), last - 30 + i * 10).queued,
    );
    expect(queued[0]).toBe(5);
    expect(queued.at(-1)).toBe(0);
  });

  test('drains a batch of the queue one by one, slowly enough to see', () => {
    const keys = [0, 1, 2, 3, 4, 5];
    const records = keys.map((key) => ({ key: `key-${key}`, epoch: 10, version: 1 }));
    const before = observationsOf([...keys.map((key) => write('failed', key)), WAIT, { do: 'look', backlog: 6 }]);
    const began = (before.at(-1)?.at ?? 0) + 4000;
    const tells = (after: number, node: NodeName, told: ReplicationEvent): Observation => ({
      ...event(0, node, told),
      at: began + after,
    });
    const all = [
      ...before,
      tells(0, 'a', { kind: 'sent', request: 99, retried: 6, records, count: 6 }),
      tells(2, 'b', { kind: 'received', records, count: 6 }),
      tells(3, 'b', {
        kind: 'taken',
        durationMs: 1,
        records: records.map((record) => ({ ...record, outcome: 'applied' })),
        count: 6,
      }),
      tells(4, 'a', {
        kind: 'answered',
        request: 99,
        durationMs: 4,
        records: records.map((record) => ({ ...record, outcome: 'applied' })),
        count: 6,
      }),
    ];
    const fold = createFold(createRecording(all));
    const left: number[] = [];
    for (let t = began; t < began + 6000; t += 20) {
      const { queued } = pictureAt(fold.at(t), t);
      if (left.at(-1) !== queued) left.push(queued);
    }
    expect(left).toEqual([6, 5, 4, 3, 2, 1, 0].slice(left[0] === 6 ? 0 : 1));
  });

  test('changes its lead in a failover: the crown moves, the former primary is fenced, divergent writes drop into the tray', () => {
    const end = story(
      event(10, 'b', { kind: 'promoted', mode: 'failover', epoch: 3 }),
      event(20, 'b', { kind: 'refused', code: 'stale_epoch', epoch: 2 }),
      event(30, 'a', { kind: 'role', role: 'replica', state: 'serving' }),
      event(40, 'b', { kind: 'divergent', key: 'k', epoch: 2, version: 7 }),
    );
    expect(end.crown).toMatchObject({ on: 'b', before: 'a' });
    expect(pictureAt(end, at + 400).crown.progress).toBeLessThan(1);
    expect(end.nodes.a.fencedAt).toBe(at + 20);
    expect(end.tray).toMatchObject({ count: 1, keys: ['k'] });
    expect(pictureAt(end, at + 300).tokens).toMatchObject([{ label: 'k', to: 'tray' }]);
    const texts = end.told.map(({ text }) => text).join(' ');
    expect(texts).toContain('Failover: B leads now');
    expect(texts).toContain('it is fenced');
    expect(texts).toContain('“k”, version 7, is divergent');
  });

  test('that is asked by the page answers it: the status goes back to the client', () => {
    const exchange = { request: 1, to: 'b', method: 'PUT', path: '/key/k', key: 'k' } as const;
    const end = story(
      { at: at + 10, what: 'client', exchange },
      { at: at + 20, what: 'client', exchange: { ...exchange, status: 421 } },
    );
    expect(end.told.at(-1)?.text).toBe('B answered 421 to PUT “k”.');
    const labels = [200, 600, 900].map((after) =>
      pictureAt(end, at + after).tokens.map(({ label, to }) => `${label} ${to}`),
    );
    expect(labels.flat()).toContain('421 client');
  });

  test('before the page was opened is known from what the nodes told of that time, and nothing of it moves now', () => {
    const opened = at + 60_000;
    const past = [
      event(0, 'a', { kind: 'written', key: 'k', epoch: 2, version: 1 }),
      event(1, 'a', { kind: 'sent', request: 1, retried: 0, records: [{ key: 'k', epoch: 2, version: 1 }], count: 1 }),
      event(2, 'b', { kind: 'received', records: [{ key: 'k', epoch: 2, version: 1 }], count: 1 }),
      event(3, 'a', {
        kind: 'answered',
        request: 1,
        durationMs: 2,
        records: [{ key: 'k', epoch: 2, version: 1, outcome: 'applied' }],
        count: 1,
      }),
    ];
    const then = past.reduce(tell, EMPTY);
    expect(then.crown).toMatchObject({ on: 'a', before: null });
    expect(conditionOf(then)).toMatchObject({ mood: 'good', title: 'Both hold the same' });
    expect(conditionOf(past.slice(0, 1).reduce(tell, EMPTY))).toMatchObject({ mood: 'unknown', title: 'Not known' });
    const now = looks.map((look) => ({ ...look, at: opened })).reduce(tell, then);
    const drawn = pictureAt(now, opened);
    expect(drawn).toMatchObject({ tokens: [], isMoving: false });
    expect(drawn.told.at(-1)?.text).toContain('“k” is on both nodes');
    expect(valuesAt(now.nodes.b.values, opened)).toMatchObject([{ key: 'k', version: 1 }]);
  });

  test('shows what a node holds behind what it was seen to take, each key once', () => {
    const record = { epoch: 2, version: 3, value: '"held"', writtenAt: at - 5000 };
    const end = story(event(10, 'a', { kind: 'written', key: 'new', epoch: 2, version: 9 }), {
      at: at + 20,
      what: 'held',
      node: 'a',
      records: [
        { ...record, key: 'new' },
        { ...record, key: 'old' },
      ],
    });
    expect(valuesAt(end.nodes.a.values, at + 2000)).toMatchObject([
      { key: 'new', version: 9 },
      { key: 'old', version: 3, value: '"held"', from: at - 5000 },
    ]);
    expect(valuesAt(end.nodes.b.values, at + 2000)).toEqual([]);
  });

  test('whose end was only counted is on its way no longer, once the node says that nothing waits', () => {
    const record = { key: 'k', epoch: 2, version: 7 };
    const sent = event(20, 'a', { kind: 'sent', request: 1, retried: 0, records: [record], count: 1 });
    const look = { state: 'up', role: 'primary', epoch: 2, backlog: 0, inSync: true } as const;
    const told = [event(10, 'a', { kind: 'written', ...record }), sent];
    const soon = story(...told, { at: at + 500, what: 'look', node: 'a', look });
    expect(pictureAt(soon, at + 500).onTheWay).toBe(1);
    const later = story(...told, { at: at + 3000, what: 'look', node: 'a', look });
    expect(pictureAt(later, at + 4000)).toMatchObject({ tokens: [], onTheWay: 0 });
  });

  test('that was sent in vain, which was only counted, stands in the queue soon after', () => {
    const record = { key: 'k', epoch: 2, version: 7 };
    const told = [
      event(10, 'a', { kind: 'written', ...record }),
      event(20, 'a', { kind: 'sent', request: 1, retried: 0, records: [record], count: 1 }),
      event(30, 'b', { kind: 'received', records: [record], count: 1 }),
    ];
    const waits = (ms: number) => ({ at: at + ms, what: 'backlog', keys: ['k'], count: 1 }) as const;
    // It may be on its way all the time: the other node is slow.
    expect(pictureAt(story(...told, waits(3000)), at + 4000).tokens).toMatchObject([{ isWaiting: false }]);
    expect(pictureAt(story(...told, waits(8000)), at + 10_000).tokens).toMatchObject([{ isWaiting: true }]);
  });

  test('without events is drawn by its states, and its queue by the backlog', () => {
    const end = story(
      { at: at + 10, what: 'telling', node: 'a', isTelling: false },
      { at: at + 10, what: 'telling', node: 'b', isTelling: false },
      { at: at + 20, what: 'look', node: 'a', look: { state: 'up', role: 'primary', epoch: 2, backlog: 40 } },
      { at: at + 21, what: 'backlog', keys: ['x', 'y'], count: 40 },
    );
    const drawn = pictureAt(end, at + 2000);
    expect(drawn.tokens.map(({ label }) => label)).toEqual(['x', 'y']);
    expect(drawn.owed).toBe(40);
  });
});
