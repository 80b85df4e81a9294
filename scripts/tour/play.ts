// Takes the guided tour as a person would: reads what there is to do, presses the button for it, and watches what becomes of it.
import { errors, type Locator, type Page } from '../../tests/support/browser.ts';
import type { Camera } from './camera.ts';
import type { Overlay } from './overlay.ts';
import { BEGINNING, END, QUIZ, SCENES, type Scene } from './scenes.ts';

/** For reading a title, what is said before a step, and what is said after it, in milliseconds. */
const TITLE_MS = 2000;
const BEFORE_MS = 1500;
const AFTER_MS = 2000;
/** Between an offer and the press, and from there to the next offer, in milliseconds: tokens go their ways meanwhile. */
const LOOK_MS = 200;
const WATCH_MS = 1000;
/** A button that cannot be pressed within this time is gone, in milliseconds. */
const GONE_MS = 3000;

/** Of the buttons of one step. */
const MAX_PRESSES = 20;

interface Set {
  readonly page: Page;
  readonly camera: Camera;
  readonly overlay: Overlay;
}

/** @returns when each scene begins in the film, and when the last one ends, in seconds */
export async function playTour(set: Set): Promise<readonly number[]> {
  const { camera, overlay } = set;
  const begins: number[] = [];
  await overlay.title(BEGINNING.title, BEGINNING.text);
  await camera.hold(TITLE_MS);
  await overlay.title();
  for (const scene of SCENES) {
    begins.push(camera.seconds);
    await playStep(set, scene);
  }
  begins.push(camera.seconds);
  await playQuiz(set);
  await overlay.title(END.title, END.text);
  await camera.hold(TITLE_MS);
  return begins;
}

async function playStep({ page, camera, overlay }: Set, { before, after, presses }: Scene): Promise<void> {
  const panel = page.locator('.tour');
  const done = page.locator('.tour[data-state="done"]');
  // One that was pressed is disabled until that is done.
  const offered = panel.locator('.now').getByRole('button', { name: anyOf(presses), disabled: false });
  await overlay.caption(before);
  await camera.hold(BEFORE_MS);
  for (let pressed = 0; ; pressed++) {
    if (pressed > MAX_PRESSES) throw new Error(`The step does not end: ${presses.join(', ')}.`);
    await camera.until(`it is offered: ${presses.join(', ')}`, () => done.or(offered).first().isVisible());
    if (await done.isVisible()) break;
    await camera.hold(LOOK_MS);
    await overlay.pointTo(offered.first());
    await pressIfThere(offered.first());
    await camera.hold(WATCH_MS);
  }
  // The tour knows how it has ended before the stage has shown it.
  await camera.hold(WATCH_MS);
  await overlay.caption(after);
  await camera.hold(AFTER_MS);
  const next = panel.getByRole('button', { name: 'Next', exact: true });
  await overlay.pointTo(next);
  await next.click();
}

const anyOf = (names: readonly string[]): RegExp => new RegExp(`^(${names.join('|')})$`);

/** What is offered may happen by itself meanwhile: then there is nothing to press any more. */
async function pressIfThere(button: Locator): Promise<void> {
  if (!(await button.isVisible())) return;
  try {
    await button.click({ timeout: GONE_MS });
  } catch (error) {
    if (!(error instanceof errors.TimeoutError) || (await button.isVisible())) throw error;
  }
}

/** The first question, answered as somebody might who has only just begun. */
async function playQuiz({ page, camera, overlay }: Set): Promise<void> {
  const panel = page.locator('.tour');
  const close = page.getByRole('region', { name: 'Divergent writes' }).getByRole('button', { name: 'Close' });
  await overlay.pointTo(close);
  await close.click();
  await overlay.caption(QUIZ.before);
  await camera.hold(BEFORE_MS);
  for (const part of [
    panel.getByRole('button', { name: 'Begin the quiz' }),
    panel.getByRole('checkbox').first(),
    panel.getByRole('button', { name: 'Answer' }),
  ]) {
    await overlay.pointTo(part);
    await part.click();
    await camera.hold(WATCH_MS);
  }
  await overlay.caption(QUIZ.after);
  await camera.hold(AFTER_MS);
}
