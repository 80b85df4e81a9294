// A step of the tour: what there is to do, and what has to be seen for it to count as done. It is a pure function of what the
// console has seen since the step began.
import type { Deed, Target } from './deed.ts';
import type { Fact, World } from './world.ts';

/** What is not in order before a task can be done, and what puts it right. */
export interface Wrong {
  readonly text: string;
  readonly target?: Target;
  readonly deed?: Deed;
  /** What the button that does the deed says. */
  readonly label?: string;
}

/** @returns nothing where all is in order */
export type Requirement = (world: World) => Wrong | undefined;

export interface Task {
  /** What to do, or what to wait for, in a few words: a line of the list. */
  readonly title: string;
  readonly isDone: boolean;
  /** How it is done, and what is happening until it is. Commands stand between backticks. */
  readonly text: string;
  readonly target?: Target;
  /** What does it, where one does not want to do it by hand. */
  readonly deed?: Deed;
  readonly label?: string;
  readonly requires?: readonly Requirement[];
}

/** What was learned, with the word of the glossary that explains it. */
export interface Learned {
  readonly text: string;
  readonly term: string;
}

export interface Step {
  readonly name: string;
  readonly title: string;
  /** Why one does this, before it is done. */
  readonly before: string;
  readonly after: readonly Learned[];
  /** @returns why it cannot be done with these nodes, whatever one does */
  readonly unavailable?: (world: World) => string | undefined;
  /** @param world as the step begins */
  start(world: World): Visit;
}

/** What was seen of a step since it began. Never changed. */
export interface Visit {
  /** @param before the world before the fact @param world the world after it */
  take(fact: Fact, world: World, before: World): Visit;
  /** In the order in which they are done. The step is done once all are. */
  tasks(world: World): readonly Task[];
}

interface Definition<S> extends Omit<Step, 'start'> {
  readonly begin: (world: World) => S;
  readonly take: (state: S, fact: Fact, world: World, before: World) => S;
  readonly tasks: (state: S, world: World) => readonly Task[];
}

export function defineStep<S>({ begin, take, tasks, ...step }: Definition<S>): Step {
  const visit = (state: S): Visit => ({
    take(fact, world, before) {
      const next = take(state, fact, world, before);
      return next === state ? this : visit(next);
    },
    tasks: (world) => tasks(state, world),
  });
  return { ...step, start: (world) => visit(begin(world)) };
}

/** Keys that a step remembers: the last ones. */
const MAX_KEYS = 20;

/** The keys and one more, each once. */
export const withKey = (keys: readonly string[], key: string): readonly string[] =>
  [...new Set([...keys, key])].slice(-MAX_KEYS);
