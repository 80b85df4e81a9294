// What is shown over a page that is filmed: a caption, a title, and a pointer, since a film of a page has none.
import type { Locator, Page } from '../../tests/support/browser.ts';
import type { Camera } from './camera.ts';

export interface Overlay {
  /** Said in a line over the head of the page. */
  caption(text: string): Promise<void>;
  /** Said alone, in the middle; nothing: the page is seen again. */
  title(title?: string, text?: string): Promise<void>;
  /** Moves the pointer to the middle of something, if it is there, and films that. */
  pointTo(target: Locator): Promise<void>;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** How long the pointer takes, in milliseconds. */
const MOVE_MS = 400;
const STEPS = 8;

/** What stands in the page: its style is in it, so that the page needs none for it. */
const MARKUP = `
  <div style="position: fixed; z-index: 10; inset: 0 0 auto; padding: 13px 28px; background: #1b2030; color: #fff; font: 600 26px/1.25 system-ui, sans-serif"></div>
  <div style="position: fixed; z-index: 12; inset: 0; display: none; place-content: center; gap: 20px; text-align: center; background: #1b2030; color: #fff; font: 28px/1.3 system-ui, sans-serif"><b style="font-size: 72px"></b><span></span></div>
  <svg style="position: fixed; z-index: 11; top: 0; left: 0" width="34" height="34" viewBox="0 0 24 24"><path d="M3 2v18l5-4.5 3 6.5 3-1.4-3-6.4h7z" fill="#000" stroke="#fff" stroke-width="1.6"/></svg>`;

/** @param page without a policy of its own for styles: `bypassCSP` */
export async function showOverlay(page: Page, camera: Pick<Camera, 'hold'>): Promise<Overlay> {
  await page.evaluate(`{
    const overlay = document.createElement('div');
    overlay.id = 'overlay';
    overlay.ariaHidden = 'true';
    overlay.style.pointerEvents = 'none';
    overlay.innerHTML = ${JSON.stringify(MARKUP)};
    document.body.append(overlay);
  }`);
  const part = (name: string) => page.locator(`#overlay > ${name}`);
  const [caption, title, pointer] = [part('div').first(), part('div').last(), part('svg')];
  const { width, height } = page.viewportSize() ?? { width: 0, height: 0 };
  let at: Point = { x: width / 2, y: height * 0.8 };

  const place = ({ x, y }: Point) =>
    pointer.evaluate((element, transform) => element.setAttribute('transform', transform), `translate(${x} ${y})`);

  await place(at);
  return {
    async caption(text) {
      await caption.evaluate((element, words) => {
        element.textContent = words;
      }, text);
    },
    async title(words = '', text = '') {
      await title.evaluate(
        (element, [words, text]) => {
          const { style, firstElementChild, lastElementChild } = element;
          style.display = words === '' ? 'none' : 'grid';
          if (firstElementChild) firstElementChild.textContent = words;
          if (lastElementChild) lastElementChild.textContent = text;
        },
        [words, text] as const,
      );
    },
    async pointTo(target) {
      const [box] = await target.evaluateAll((elements) => elements.map((element) => element.getBoundingClientRect()));
      if (!box) return;
      const [from, to] = [at, { x: box.x + box.width / 2, y: box.y + box.height / 2 }];
      for (let step = 1; step <= STEPS; step++) {
        const part = step / STEPS;
        const eased = part * part * (3 - 2 * part);
        at = { x: from.x + (to.x - from.x) * eased, y: from.y + (to.y - from.y) * eased };
        await place(at);
        await camera.hold(MOVE_MS / STEPS);
      }
    },
  };
}
