// The tour of this page: what the console sees is told to it for as long as it is open.
import { computed, effect, signal, untracked } from '@preact/signals';
import { announce } from '../state/announcement.ts';
import { drawer } from '../state/drawers.ts';
import { NODES, seen } from '../state/nodes.ts';
import { onObservation } from '../state/observations.ts';
import { isFromFile, isLive, ownRecording } from '../state/playback.ts';
import { isPresenting } from '../state/presenting.ts';
import { launchedAs } from '../watch/launcher.ts';
import { isPresentingIn, placeIn, placeName, withParameter } from './address.ts';
import type { PageFacts } from './page-facts.ts';
import { goTo, startTour, type Tour, takeFact, viewOf } from './tour.ts';
import { type Fact, NO_WORLD, worldAfter } from './world.ts';

/** Nothing: it is not open. */
export const tour = signal<Tour | undefined>(undefined);
export const view = computed(() => tour.value && viewOf(tour.value));

/** Counts how often another step was gone to: what is shown of it gets the focus then. */
export const visits = signal(0);

const pageFacts = computed<PageFacts>(() => ({
  faults: { a: faultsOf('a'), b: faultsOf('b') },
  hasLauncher: NODES.every((node) => launchedAs(node) !== undefined),
  isLocal: NODES.every(({ isLocal }) => isLocal),
  isLive: isLive.value,
  isReplayed: isFromFile.value,
  drawer: drawer.value,
  store: (seen.value.a.status ?? seen.value.b.status)?.store,
}));

/** `null`: fault injection is off. Absent: the node does not say now. */
function faultsOf(node: 'a' | 'b') {
  const { faults, isAnswering } = seen.value[node];
  if (!isAnswering) return undefined;
  return faults ? faults.faults : faults;
}

function take(fact: Fact): void {
  const before = tour.peek();
  if (!before) return;
  const after = takeFact(before, fact);
  tour.value = after;
  if (after.isDone && !before.isDone) announce(`Done: ${viewOf(after)?.step.title}.`);
}

onObservation(take);
effect(() => {
  const page = pageFacts.value;
  untracked(() => take({ at: Date.now(), what: 'page', page }));
});

/** Opens the tour at a place, with all that this page has seen until now. */
export function openTour(index = 0): void {
  const openedAt = Date.now();
  const facts: Fact[] = [...ownRecording.observations, { at: openedAt, what: 'page', page: pageFacts.peek() }];
  tour.value = startTour(index, facts.reduce(worldAfter, NO_WORLD), openedAt);
  arrived();
}

export function closeTour(): void {
  tour.value = undefined;
  setParameter('tour', undefined);
}

export function go(index: number): void {
  const now = tour.peek();
  if (!now) openTour(index);
  else {
    tour.value = goTo(now, index);
    arrived();
  }
}

function arrived(): void {
  visits.value += 1;
  setParameter('tour', placeName(tour.peek()?.index ?? 0));
}

export function togglePresenting(): void {
  isPresenting.value = !isPresenting.value;
  setParameter('present', isPresenting.value ? '' : undefined);
}

function setParameter(name: 'tour' | 'present', value: string | undefined): void {
  history.replaceState(null, '', location.pathname + withParameter(location.search, name, value) + location.hash);
}

/** What the address of the page asks for. */
export function openFromAddress(): void {
  isPresenting.value = isPresentingIn(location.search);
  effect(() => {
    document.documentElement.toggleAttribute('data-present', isPresenting.value);
  });
  const place = placeIn(location.search);
  if (place !== undefined) openTour(place);
}
