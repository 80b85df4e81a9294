// Where one is in the tour, as data: a pure function of what was seen and of what was pressed.
import type { Step, Task, Visit, Wrong } from './step.ts';
import { STEPS } from './steps.ts';
import { type Fact, NO_WORLD, type World, worldAfter } from './world.ts';

/** The place after the last step: the quiz. */
export const QUIZ = STEPS.length;

export interface Tour {
  readonly world: World;
  /** What happened before this time, in milliseconds, is no deed of the tour: the nodes may tell of it afterwards. */
  readonly openedAt: number;
  /** From 0 on; `QUIZ` is the quiz. */
  readonly index: number;
  /** What was seen of the step since it began. Absent in the quiz. */
  readonly visit: Visit | undefined;
  /** Whether the step is done. What happens afterwards does not undo it. */
  readonly isDone: boolean;
  /** Steps that were done. */
  readonly done: readonly number[];
}

/** @param index a place; what lies outside is the first or the last one @param openedAt in milliseconds */
export function startTour(index = 0, world: World = NO_WORLD, openedAt = 0): Tour {
  return goTo({ world, openedAt, index: 0, visit: undefined, isDone: false, done: [] }, index);
}

/** Begins a step anew. */
export function goTo(tour: Tour, index: number): Tour {
  const to = Math.min(QUIZ, Math.max(0, Math.trunc(index)));
  return { ...tour, index: to, visit: STEPS[to]?.start(tour.world), isDone: false };
}

export const back = (tour: Tour): Tour => goTo(tour, tour.index - 1);

/** To the next step, whether this one is done or not. */
export const skip = (tour: Tour): Tour => goTo(tour, tour.index + 1);

export function takeFact(tour: Tour, fact: Fact): Tour {
  const world = worldAfter(tour.world, fact);
  if (!tour.visit || tour.isDone || fact.at < tour.openedAt) return { ...tour, world };
  // Only now it is known how the pair stands: the step begins.
  if (isSeen(world) && !isSeen(tour.world)) return goTo({ ...tour, world }, tour.index);
  const visit = tour.visit.take(fact, world, tour.world);
  const isDone = visit.tasks(world).every((task) => task.isDone);
  const done = isDone && !tour.done.includes(tour.index) ? [...tour.done, tour.index] : tour.done;
  return { ...tour, world, visit, isDone, done };
}

const isSeen = ({ nodes: { a, b } }: World): boolean => a.look !== undefined && b.look !== undefined;

export interface StepView {
  readonly step: Step;
  readonly state: 'unavailable' | 'wrong' | 'open' | 'done';
  readonly tasks: readonly Task[];
  /** The one that is to be done now; absent when all are. */
  readonly task?: Task;
  /** What has to be put right before. */
  readonly wrong?: Wrong;
  /** Why it cannot be done here. */
  readonly why?: string;
}

/** @returns nothing in the quiz */
export function viewOf({ world, index, visit, isDone }: Tour): StepView | undefined {
  const step = STEPS[index];
  if (!step || !visit) return undefined;
  const told = visit.tasks(world);
  if (isDone) return { step, state: 'done', tasks: told.map((task) => ({ ...task, isDone: true })) };
  const first = told.findIndex((task) => !task.isDone);
  const tasks = told.map((task, i) => (first >= 0 && i > first ? { ...task, isDone: false } : task));
  const why = step.unavailable?.(world);
  if (why !== undefined) return { step, state: 'unavailable', tasks, why };
  const task = tasks[first];
  if (!task) return { step, state: 'open', tasks };
  for (const requirement of task.requires ?? []) {
    const wrong = requirement(world);
    if (wrong) return { step, state: 'wrong', tasks, task, wrong };
  }
  return { step, state: 'open', tasks, task };
}
