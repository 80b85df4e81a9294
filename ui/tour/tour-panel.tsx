// The panel of the tour, at the lower edge of the window: the step, or the quiz, and the ways to the others.
import { useEffect, useRef } from 'preact/hooks';
import { isStill } from '../state/motion.ts';
import type { Target } from './deed.ts';
import { Quiz } from './quiz-panel.tsx';
import { Spotlight } from './spotlight.tsx';
import { closeTour, go, tour, view, visits } from './state.ts';
import { StepPanel } from './step-panel.tsx';
import { STEPS } from './steps.ts';
import { focusOf, frameOf } from './targets.ts';
import { QUIZ } from './tour.ts';

/** It leads from the tour to what is meant, and from anywhere back to the tour. */
const KEY = 'F2';

/** What is to be looked at now. */
const targetNow = (): Target | undefined => view.value?.wrong?.target ?? view.value?.task?.target;

export function TourPanel() {
  return tour.value ? <OpenTour /> : null;
}

/** Lies below the panel, which may cover what is meant. */
export function TourSpotlight() {
  return tour.value ? <Spotlight target={targetNow()} /> : null;
}

/** Puts the focus on what is meant, and into sight. */
export function goThere(): void {
  const target = targetNow();
  if (target === undefined) return;
  const element = focusOf(target);
  (element ?? frameOf(target))?.scrollIntoView({ block: 'center', behavior: isStill.value ? 'auto' : 'smooth' });
  element?.focus({ preventScroll: true });
}

function OpenTour() {
  const panel = useRef<HTMLElement>(null);
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (visits.value > 0) title.current?.focus({ preventScroll: true });
  }, [visits.value]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== KEY || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      if (panel.current?.contains(document.activeElement)) goThere();
      else title.current?.focus({ preventScroll: true });
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
  useKeptFocus(panel, title);
  const index = tour.value?.index ?? 0;
  const isQuiz = index === QUIZ;
  const onKeyDown = (event: KeyboardEvent) => {
    const isField = event.target instanceof HTMLInputElement;
    if (isField || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === 'ArrowLeft' && index > 0) go(index - 1);
    else if (event.key === 'ArrowRight' && !isQuiz) go(index + 1);
    else return;
    event.preventDefault();
  };
  return (
    <section
      ref={panel}
      class="tour"
      aria-labelledby="tour-title"
      data-state={view.value?.state ?? 'quiz'}
      onKeyDown={onKeyDown}
    >
      <div class="tour-head">
        <Places index={index} />
        <p class="hint keys">
          <kbd>F2</kbd> goes there and back, <kbd>←</kbd> <kbd>→</kbd> between steps
        </p>
        <button type="button" class="small" onClick={closeTour}>
          End the tour
        </button>
      </div>
      <h2 id="tour-title" ref={title} tabIndex={-1}>
        <span class="tour-count">{isQuiz ? 'Quiz' : `Step ${index + 1} of ${STEPS.length}`}</span>{' '}
        {isQuiz ? 'Which writes could be lost now?' : view.value?.step.title}
      </h2>
      {isQuiz ? <Quiz /> : <StepPanel key={visits.value} goThere={goThere} />}
    </section>
  );
}

/** Every step, by its number. */
function Places({ index }: { readonly index: number }) {
  const done = tour.value?.done ?? [];
  return (
    <nav aria-label="Steps of the tour">
      <ol class="places">
        {[...STEPS.map(({ name }) => name), 'quiz'].map((name, i) => (
          <li key={name}>
            <button
              type="button"
              aria-current={i === index ? 'step' : undefined}
              aria-label={`${i === QUIZ ? 'Quiz' : `Step ${i + 1}, ${name}`}${done.includes(i) ? ', done' : ''}`}
              title={name}
              data-done={done.includes(i)}
              onClick={() => go(i)}
            >
              {i === QUIZ ? '?' : i + 1}
            </button>
          </li>
        ))}
      </ol>
    </nav>
  );
}

/** A button that goes once it was pressed leaves the focus to the title, so that the keyboard goes on from there. */
function useKeptFocus(
  panel: { readonly current: HTMLElement | null },
  title: { readonly current: HTMLElement | null },
) {
  const wasInside = useRef(false);
  useEffect(() => {
    const element = panel.current;
    if (!element) return;
    const onFocus = ({ target }: FocusEvent) => {
      wasInside.current = target instanceof Node && element.contains(target);
    };
    document.addEventListener('focusin', onFocus);
    return () => document.removeEventListener('focusin', onFocus);
  }, [panel]);
  useEffect(() => {
    if (!wasInside.current || document.activeElement !== document.body) return;
    const next = panel.current?.querySelector<HTMLElement>('.tour-next');
    (view.value?.state === 'done' ? next : title.current)?.focus({ preventScroll: true });
  });
}
