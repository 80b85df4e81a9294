// The steps of the tour, with every order of deeds: whoever does what a step says gets on, and no step counts as done without them.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Deed } from '../../../../ui/tour/deed.ts';
import { STEPS } from '../../../../ui/tour/steps.ts';
import { back, goTo, QUIZ, skip, startTour, type Tour, takeFact, viewOf } from '../../../../ui/tour/tour.ts';
import type { Fact } from '../../../../ui/tour/world.ts';
import { type PretendPair, pretendPair } from './pretend-pair.ts';

const taken = (tour: Tour, facts: readonly Fact[]): Tour => facts.reduce(takeFact, tour);

/** Which node's events come first. */
const told = fc.constantFrom(undefined, 'a' as const, 'b' as const);
const node = fc.constantFrom('a' as const, 'b' as const);
const key = fc.constantFrom('lesson', 'bad', 'once', 'contested', 'lesson-1', 'lesson-2');
const deed: fc.Arbitrary<Deed> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('put' as const),
      keys: fc.array(key, { minLength: 1, maxLength: 6 }),
      value: fc.constantFrom('x', '__fail__'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('get' as const), key, node }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('launch' as const),
      node,
      action: fc.constantFrom('kill' as const, 'start' as const, 'freeze' as const, 'thaw' as const),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('promote' as const), node }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('fault' as const),
      nodes: fc.uniqueArray(node, { minLength: 1 }),
      kind: fc.constantFrom('drop_request' as const, 'drop_reply' as const),
      count: fc.constantFrom(1, null),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ do: 'clear faults' as const }) },
  { weight: 2, arbitrary: fc.constant({ do: 'repair' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'open drawer' as const, drawer: 'divergent' as const }) },
);

/** What the step offers to be done now; nothing: it waits. */
function offered(tour: Tour): Deed | undefined {
  const view = viewOf(tour);
  return view?.wrong ? view.wrong.deed : view?.task?.deed;
}

const MAX_DEEDS = 30;

/** Does what the step says until it is done. */
function followed(before: Tour, pair: PretendPair): Tour {
  let tour = taken(before, pair.look());
  for (let i = 0; i < MAX_DEEDS && !tour.isDone; i++) {
    const next = offered(tour);
    tour = taken(tour, next ? pair.perform(next) : i % 3 === 2 ? pair.heal() : pair.look());
  }
  if (tour.isDone) return tour;
  const { step, task, wrong } = viewOf(tour) ?? {};
  throw new Error(`Stuck in ${step?.name}: ${wrong?.text ?? task?.title} ${JSON.stringify(tour.world.nodes)}`);
}

test('whoever does what each step says, and nothing else, comes from the first step to the quiz', () => {
  const pair = pretendPair();
  let tour = startTour();
  for (const step of STEPS) {
    expect(viewOf(tour)?.step).toBe(step);
    tour = skip(followed(tour, pair));
  }
  expect([tour.index, tour.done]).toEqual([QUIZ, STEPS.map((_, i) => i)]);
});

test.each(STEPS.map(({ name }, index) => ({ name, index })))(
  'nobody gets stuck in the step $name: after any deeds, what it says leads to its end',
  ({ index }) => {
    fc.assert(
      fc.property(
        fc.array(deed, { maxLength: 12 }),
        fc.array(deed, { maxLength: 12 }),
        told,
        (before, within, first) => {
          const pair = pretendPair({}, first);
          const begun = before.reduce((tour, each) => taken(tour, pair.perform(each)), startTour());
          const disturbed = within.reduce((tour, each) => taken(tour, pair.perform(each)), goTo(begun, index));
          const { index: reached, isDone } = followed(disturbed, pair);
          expect([reached, isDone]).toEqual([index, true]);
        },
      ),
      { numRuns: 60, seed: 12 },
    );
  },
);

/** What must have been done since a step began, for it to be done: of each line, one of the deeds. */
const isPut = (each: Deed) => each.do === 'put';
const keysOf = (deeds: readonly Deed[]) => new Set(deeds.flatMap((each) => (each.do === 'put' ? each.keys : [])));
const NEEDED: Readonly<Record<string, (deeds: readonly Deed[]) => boolean>> = {
  write: (deeds) => deeds.some(isPut),
  read: (deeds) => ['a', 'b'].every((name) => deeds.some((each) => each.do === 'get' && each.node === name)),
  __fail__: (deeds) =>
    deeds.some(
      (each) =>
        (each.do === 'put' && each.value === '__fail__') || each.do === 'repair' || each.do === 'launch' || isPut(each),
    ),
  heal: (deeds) => deeds.some(isPut) && deeds.some((each) => each.do === 'get'),
  'kill the replica': (deeds) => keysOf(deeds).size >= 5,
  'circuit breaker': (deeds) => deeds.some(isPut),
  'start it': (deeds) =>
    deeds.some((each) => each.do === 'launch' && (each.action === 'start' || each.action === 'thaw')),
  'lose a reply': (deeds) => deeds.length > 0,
  failover: (deeds) => deeds.some((each) => each.do === 'launch' && each.action === 'start'),
  'cut the link': (deeds) =>
    deeds.filter(isPut).length >= 2 &&
    deeds.some((each) => each.do === 'promote') &&
    deeds.some((each) => each.do === 'open drawer'),
};

test('no step is passed over, and none is done without its deeds, in whatever order deeds come', () => {
  fc.assert(
    fc.property(
      fc.nat(STEPS.length - 1),
      fc.array(deed, { maxLength: 8 }),
      fc.array(deed, { maxLength: 40 }),
      (index, before, within) => {
        const pair = pretendPair();
        let tour = taken(startTour(), pair.look());
        for (const each of before) tour = taken(tour, pair.perform(each));
        tour = goTo(tour, index);
        const done: Deed[] = [];
        for (const each of within) {
          tour = taken(tour, pair.perform(each));
          done.push(each);
          expect(tour.index).toBe(index);
          if (tour.isDone) break;
        }
        if (tour.isDone) expect(NEEDED[STEPS[index]?.name ?? '']?.(done)).toBe(true);
      },
    ),
    { numRuns: 600, seed: 12 },
  );
});

describe('a step', () => {
  const at = (index: number, pair: PretendPair, ...deeds: Deed[]) =>
    goTo(
      deeds.reduce((tour, each) => taken(tour, pair.perform(each)), taken(startTour(), pair.look())),
      index,
    );

  test('that has begun from a wrong state says what to put right, and offers what does it', () => {
    const pair = pretendPair();
    const tour = at(7, pair, { do: 'launch', node: 'b', action: 'kill' });
    expect(viewOf(tour)).toMatchObject({
      state: 'wrong',
      wrong: { text: 'Node B is down. Press “Start” on node B.', deed: { do: 'launch', node: 'b', action: 'start' } },
    });
  });

  test('names the fault that is still on', () => {
    const tour = at(0, pretendPair(), { do: 'fault', nodes: ['b'], kind: 'drop_reply', count: null });
    expect(viewOf(tour)?.wrong).toMatchObject({
      text: 'A fault is on that would come in between: drop_reply.',
      deed: { do: 'clear faults' },
    });
  });

  test('knows what was refused, although a look that began before tells afterwards that nothing waits', () => {
    const pair = pretendPair();
    const before = pair.look();
    const tour = at(3, pair, { do: 'put', keys: ['bad'], value: '__fail__' });
    const late = before.map((fact) => ({
      ...fact,
      at: tour.world.at + 1,
      ...(fact.what === 'look' && { askedAt: fact.at }),
    }));
    expect(viewOf(taken(tour, late))).toMatchObject({ state: 'open', task: { title: 'Write another value to bad' } });
  });

  test('that has seen a divergent write does not begin anew because of one look that began before', () => {
    const pair = pretendPair();
    const apart: Deed[] = [
      { do: 'fault', nodes: ['a', 'b'], kind: 'drop_request', count: null },
      { do: 'put', keys: ['contested'], value: 'written on A' },
      { do: 'promote', node: 'b' },
      { do: 'put', keys: ['contested'], value: 'written on B' },
      { do: 'clear faults' },
    ];
    const joined = apart.reduce((tour, each) => taken(tour, pair.perform(each)), at(9, pair));
    const before = pair.look();
    const told = pair.perform({ do: 'repair' }).filter(({ what }) => what === 'event');
    const tour = taken(taken(joined, [...told, ...before]), pair.look());
    expect(viewOf(tour)).toMatchObject({ state: 'open', task: { title: 'Find the divergent write' } });
  });

  test('stays done, whatever happens afterwards, and is begun anew when one comes back to it', () => {
    const pair = pretendPair();
    const done = taken(at(0, pair), pair.perform({ do: 'put', keys: ['k'], value: 'v' }));
    const later = taken(done, pair.perform({ do: 'launch', node: 'b', action: 'kill' }));
    expect([later.isDone, viewOf(later)?.state]).toEqual([true, 'done']);
    const again = back(skip(later));
    expect([again.index, again.isDone, again.done]).toEqual([0, false, [0]]);
  });

  test('names the key to press where there is no launcher, and waits for the deed all the same', () => {
    const pair = pretendPair({ hasLauncher: false });
    const tour = at(4, pair);
    expect(viewOf(tour)?.task).toMatchObject({
      text: 'Press Ctrl-C in the terminal in which node B runs (`npm run replica`, or `npx sls offline --stage replica`).',
    });
    expect(viewOf(tour)?.task?.deed).toBeUndefined();
    const killed = taken(tour, pair.perform({ do: 'launch', node: 'b', action: 'kill' }));
    expect(viewOf(killed)?.task?.title).toBe('Write five different keys (0 of 5)');
  });

  test.each([2, 3, 7, 9])('that needs faults says so where there are none, and can be skipped: %i', (index) => {
    const tour = at(index, pretendPair({ faults: { a: null, b: null } }));
    expect(viewOf(tour)).toMatchObject({
      state: 'unavailable',
      why: expect.stringContaining('Fault injection is off'),
    });
    expect(skip(tour).index).toBe(index + 1);
  });

  test('cannot be done in a replay, and says so', () => {
    const tour = at(0, pretendPair({ isReplayed: true }));
    expect(viewOf(tour)?.wrong?.text).toContain('This page replays a file');
  });

  test('counts no deed of before the tour was opened, which the console reads afterwards', () => {
    const pair = pretendPair();
    const before = pair.perform({ do: 'put', keys: ['foo'], value: 'before' });
    const openedAt = (before.at(-1)?.at ?? 0) + 1;
    let tour = taken(startTour(0, undefined, openedAt), [...pair.look(), ...before]);
    expect([tour.isDone, tour.world.nodes.a.look?.state]).toEqual([false, 'up']);
    for (let i = 0; i < 3; i++) tour = taken(tour, pair.perform({ do: 'put', keys: ['foo'], value: 'now' }));
    expect(tour.isDone).toBe(true);
  });

  test('that the page opens at begins once both nodes were looked at', () => {
    const pair = pretendPair();
    pair.perform({ do: 'launch', node: 'a', action: 'kill' });
    pair.perform({ do: 'promote', node: 'b' });
    const tour = taken(startTour(8), pair.look());
    // Node A was killed before: that is not the deed of this step.
    expect(viewOf(tour)?.wrong?.text).toBe('Node A is down. Press “Start” on node A.');
  });
});
