// The quiz of the tour: its questions are made of how the pair stands, and so are the right answers.
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Deed } from '../../../../ui/tour/deed.ts';
import { isRight, type Question, questionsOf } from '../../../../ui/tour/quiz.ts';
import { NO_WORLD, type World, worldAfter } from '../../../../ui/tour/world.ts';
import { pretendPair } from './pretend-pair.ts';

function worldOf(deeds: readonly Deed[], store = 'memory'): World {
  const pair = pretendPair({ store });
  return [pair.look(), ...deeds.map((deed) => pair.perform(deed))].flat().reduce(worldAfter, NO_WORLD);
}

const put = (...keys: string[]): Deed => ({ do: 'put', keys, value: 'v' });
const refused: Deed = { do: 'put', keys: ['bad'], value: '__fail__' };
const killed: Deed = { do: 'launch', node: 'b', action: 'kill' };

const rightOf = (question: Question | undefined): string[] =>
  (question?.choices ?? []).filter((choice) => choice.isRight).map(({ text }) => text);
const questionIn = (questions: readonly Question[], part: string) => questions.find(({ text }) => text.includes(part));

test('what only the primary has is lost with it, and what was acknowledged is not', () => {
  const question = questionIn(questionsOf(worldOf([put('a', 'b'), refused])), 'the primary, is lost for good');
  expect(question?.choices.map(({ text }) => text)).toEqual([
    'a, version 1',
    'b, version 1',
    'bad, version 1',
    'None of them',
  ]);
  expect(rightOf(question)).toEqual(['bad, version 1']);
  expect(question?.explanation).toContain('Only node A has bad: node B has not acknowledged it.');
});

test('if nothing waits, nothing is lost with the primary', () => {
  expect(rightOf(questionsOf(worldOf([put('a')]))[0])).toEqual(['None of them']);
});

test('while a replica in memory is down, everything is lost with the primary; one on disk keeps what it acknowledged', () => {
  const deeds = [put('a'), killed, put('b')];
  expect(rightOf(questionsOf(worldOf(deeds))[0])).toEqual(['a, version 1', 'b, version 1']);
  expect(rightOf(questionsOf(worldOf(deeds, 'sqlite'))[0])).toEqual(['b, version 1']);
});

test('what is left when both are killed depends on where they keep it', () => {
  const left = (store: string) =>
    rightOf(questionIn(questionsOf(worldOf([put('a')], store)), 'Both processes are killed'));
  expect([left('memory'), left('sqlite')]).toEqual([['Nothing'], ['Every write that was answered with success']]);
});

test('a divergent write that is listed is asked about', () => {
  const world = worldOf([
    { do: 'fault', nodes: ['a', 'b'], kind: 'drop_request', count: null },
    put('k'),
    { do: 'promote', node: 'b' },
    put('k'),
    { do: 'clear faults' },
    { do: 'repair' },
  ]);
  const question = questionIn(questionsOf(world), '1 divergent write is listed now');
  expect(rightOf(question)).toEqual(['No: listed on both nodes, until a person has seen to it']);
});

test('nothing is asked as long as no write is known, or no node leads', () => {
  expect(questionsOf(worldOf([]))).toEqual([]);
  expect(questionsOf(worldOf([put('a'), { do: 'launch', node: 'a', action: 'kill' }]))).toEqual([]);
});

test('every question can be answered: where one is right exactly one is, and no two choices say the same', () => {
  const deed = fc.oneof(
    fc.constantFrom(put('a'), put('b', 'c'), refused, killed, { do: 'repair' } as Deed),
    fc.record({
      do: fc.constant('launch' as const),
      node: fc.constantFrom('a' as const, 'b' as const),
      action: fc.constantFrom('kill' as const, 'start' as const, 'freeze' as const),
    }),
    fc.record({ do: fc.constant('promote' as const), node: fc.constantFrom('a' as const, 'b' as const) }),
  );
  fc.assert(
    fc.property(fc.array(deed, { maxLength: 15 }), fc.constantFrom('memory', 'sqlite'), (deeds, store) => {
      for (const question of questionsOf(worldOf(deeds, store))) {
        const texts = question.choices.map(({ text }) => text);
        expect(new Set(texts).size).toBe(texts.length);
        const right = question.choices.flatMap((choice, i) => (choice.isRight ? [i] : []));
        expect(right.length).toBeGreaterThan(0);
        if (!question.isMany) expect(right.length).toBe(1);
        expect([isRight(question, right), isRight(question, [])]).toEqual([true, false]);
      }
    }),
    { numRuns: 200, seed: 12 },
  );
});
