// The guided tour from its first step to its last, by keyboard alone, with the real nodes of `npm start -- --fast`.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Locator, Page } from 'playwright-core';
import { until } from '../support/until.ts';
import { violationsOf } from './axe.ts';
import { isFocused, shows, tabTo } from './console.ts';
import { type Launched, startLaunched } from './launched.ts';

let launched: Launched;
beforeAll(async () => {
  launched = await startLaunched();
});
afterAll(() => launched?.stop());

interface Tour {
  readonly page: Page;
  readonly title: Locator;
  button(name: string | RegExp): Locator;
  /** What there is to do, or what was learned. */
  readonly says: Locator;
  /** Waits until it is focused: a request may be under way. */
  focuses(locator: Locator): Promise<void>;
  /** Presses a button of the tour, found with Tab. */
  press(name: string | RegExp): Promise<void>;
  /** Does the same, unless what it is for happens by itself before the button is reached. */
  pressUntil(hasHappened: () => Promise<boolean>, name: string): Promise<void>;
  /** Goes to what is meant, with F2. */
  goThere(to: Locator): Promise<void>;
  /** Waits until the step is done, and goes on to the one that is named so. */
  next(title: string): Promise<void>;
}

function tourOn(page: Page): Tour {
  const panel = page.getByRole('region', { name: /^(Step \d+ of 10|Quiz) / });
  const title = panel.getByRole('heading');
  const button = (name: string | RegExp) =>
    panel.getByRole('button', { name, ...(typeof name === 'string' && { exact: true }) });
  const focuses = async (locator: Locator) => {
    await locator.waitFor();
    await until(() => isFocused(locator));
  };
  const tour: Tour = {
    page,
    title,
    button,
    says: panel.locator('.now'),
    focuses,
    async press(name) {
      await button(name).waitFor();
      await tabTo(button(name));
      await page.keyboard.press('Enter');
    },
    async pressUntil(hasHappened, name) {
      while (!(await hasHappened())) {
        const isReached = await page.evaluate(`document.activeElement.innerText === ${JSON.stringify(name)}`);
        await page.keyboard.press(isReached ? 'Enter' : 'Tab');
      }
    },
    async goThere(to) {
      await to.waitFor();
      await page.keyboard.press('F2');
      await focuses(to);
    },
    async next(name) {
      await button('Next').waitFor();
      if (!(await isFocused(button('Next')))) {
        if (!(await panel.evaluate((element) => element.contains(element.ownerDocument.activeElement))))
          await page.keyboard.press('F2');
        await tabTo(button('Next'));
      }
      await page.keyboard.press('Enter');
      await shows(title, name);
      await focuses(title);
    },
  };
  return tour;
}

/** The processes end and start in their time, and each of the steps waits for real answers. */
test('from the first step to the quiz by keyboard, each step waiting for the deed', async () => {
  const { page, errors } = await launched.open('tour');
  const { keyboard } = page;
  const tour = tourOn(page);
  const key = page.getByLabel('Key', { exact: true });
  const node = (name: string) => page.getByRole('article', { name: `Node ${name}` });

  await shows(tour.title, 'Step 1 of 10 Write a value');
  await tour.focuses(tour.title);
  await tour.button('Show me where').waitFor();
  expect(await tour.button('Next').count()).toBe(0);
  expect(await violationsOf(page)).toEqual([]);
  await tour.goThere(key);
  await keyboard.type('foo');
  await tabTo(page.getByLabel('Value', { exact: true }));
  await keyboard.type('hello');
  await keyboard.press('Control+Enter');
  await shows(tour.says, 'The node that takes writes leads.');
  // A step that is done takes no focus from where it is.
  expect(await isFocused(page.getByLabel('Value', { exact: true }))).toBe(true);

  await tour.next('Read it on both nodes');
  await tour.goThere(page.getByRole('radio', { name: 'primary' }));
  await tabTo(page.getByRole('button', { name: 'Get', exact: true }));
  await keyboard.press('Enter');
  await shows(tour.says, 'Choose “replica”');
  await tabTo(page.getByRole('radio', { name: 'primary' }), 'Shift+Tab');
  await keyboard.press('ArrowRight');
  await tabTo(page.getByRole('button', { name: 'Get', exact: true }));
  await keyboard.press('Enter');
  await shows(tour.says, 'Both have given the same value');

  await tour.next('Have the replica refuse a record');
  await tour.goThere(page.getByRole('button', { name: '__fail__ demonstration' }));
  await keyboard.press('Enter');
  await shows(tour.says, 'the answer was 202');
  expect(await violationsOf(page)).toEqual([]);

  await tour.next('Heal it');
  await tour.press('Write “good” to bad');
  await tour.press('Read bad on node B');

  await tour.next('Kill the replica, and write five keys');
  await tour.goThere(node('B').getByRole('button', { name: 'Kill node B' }));
  await keyboard.press('Enter');
  await shows(tour.says, 'Write to five different keys.');
  await keyboard.press('F2');
  await tour.press('Write all five');

  await tour.next('See the circuit breaker');
  expect(await violationsOf(page)).toEqual([]);
  // Five failures in a row have opened it, if none of the writes went along with another.
  while (await tour.button('Write once more').isVisible()) await tour.press('Write once more');
  await tour.press('Write to lesson-1 and lesson-2');
  await shows(tour.says, 'While the circuit is open nothing is sent');
  await tour.next('Start the replica again');
  await tour.goThere(node('B').getByRole('button', { name: 'Start node B' }));
  await keyboard.press('Enter');
  await shows(tour.says, 'Nothing was missed');

  await tour.next('Lose a reply: applied once');
  await tour.press('Lose one reply of node B');
  await tour.press('Write “once only” to once');
  await tour.pressUntil(() => shown(tour.says, 'The replica has said “same”'), 'Repair now');

  await tour.next('Kill the primary, and promote the other node');
  await tour.press('Kill node A');
  await tour.button('Promote node B without the primary').waitFor();
  expect(await violationsOf(page)).toEqual([]);
  await tour.press('Promote node B without the primary');
  await tour.press('Start node A');
  await shows(tour.says, 'The former primary has heard of that epoch and follows.');
  await shows(node('A'), 'replica');

  await tour.next('Cut the link, and write on both sides');
  await tour.press('Cut the link');
  await tour.press('Write contested on node B');
  await tour.press('Promote node A without the primary');
  await tour.press('Write contested on node A');
  await tour.press('Join the link');
  await tour.pressUntil(() => tour.button('Open the list').isVisible(), 'Repair now');
  await tour.press('Open the list');
  await shows(tour.says, 'it is listed, with its value');
  await shows(page.getByRole('region', { name: 'Divergent writes' }), 'written on B');
  expect(await violationsOf(page)).toEqual([]);
  await keyboard.press('Escape');

  await tour.next('Which writes could be lost now?');
  await tour.press('Begin the quiz');
  for (let question = 1; ; question++) {
    const legend = page.getByRole('group', { name: new RegExp(`^${question} of \\d`) });
    if ((await page.getByText(/^\d of \d right\.$/).count()) > 0) break;
    await legend.waitFor();
    await keyboard.press('Space');
    await keyboard.press('Enter');
    await shows(tour.says, /Right\.|Not quite\./);
    if (question === 1) expect(await violationsOf(page)).toEqual([]);
    await keyboard.press('Enter');
    await page.getByRole('group', { name: new RegExp(`^${question} of`) }).waitFor({ state: 'detached' });
  }
  // The panel has one at every step, and the last one of the quiz beside it.
  await tabTo(tour.button('End the tour').last());
  await keyboard.press('Enter');
  await tour.title.waitFor({ state: 'detached' });
  expect(new URL(page.url()).searchParams.has('tour')).toBe(false);
  expect(errors).toEqual([]);
});

test('the page for a projector has nothing smaller than 18 px, the client stays in its box, and no violation', async () => {
  const { page, errors } = await launched.open('tour=2&present');
  const faults = page.getByRole('button', { name: /^Break it on purpose/ });
  await page.getByRole('heading', { name: 'Step 2 of 10 Read it on both nodes' }).waitFor();
  await page.getByRole('article', { name: 'Node B' }).filter({ hasText: 'up' }).waitFor();
  for (const drawer of ['Wire log', 'Break it on purpose']) {
    await page.getByRole('button', { name: new RegExp(`^${drawer}`) }).click();
    expect(await smallTexts(page)).toEqual([]);
    expect(await violationsOf(page)).toEqual([]);
  }
  await page.getByRole('switch', { name: 'delay on the replica' }).click();
  await page.getByRole('button', { name: 'Close' }).click();
  await shows(faults, '1 fault on');
  // The nodes beside each other, and below each other.
  for (const width of [1024, 800]) {
    await page.setViewportSize({ width, height: 800 });
    expect(await hasRoom(page, '.client')).toBe(true);
    expect(await isWithin(page, '.faults-button', '.tube-place')).toBe(true);
    for (const node of ['a', 'b'])
      expect(await isWithin(page, `article[data-node=${node}] .role`, `article[data-node=${node}] .node-head`)).toBe(
        true,
      );
    expect(await page.locator('.tour').evaluate((panel) => panel.scrollWidth - panel.clientWidth)).toBe(0);
  }
  await page.setViewportSize({ width: 1440, height: 1000 });
  await faults.click();
  await page.getByRole('button', { name: 'Clear all', exact: true }).click();
  await faults.filter({ hasNotText: '1 fault on' }).waitFor();
  expect(errors).toEqual([]);
});

test('on a phone the tour says what to do now, and leaves more than half of the window to the stage', async () => {
  const { page, errors } = await launched.open('tour=10');
  await page.setViewportSize({ width: 390, height: 844 });
  const panel = page.getByRole('region', { name: /^Step 10 of 10/ });
  const press = panel.getByRole('button', { name: 'Cut the link' });
  await press.waitFor();
  const [own, button] = [await panel.boundingBox(), await press.boundingBox()];
  expect(own?.height).toBeLessThan(844 * 0.4);
  expect((button?.y ?? 0) + (button?.height ?? 0)).toBeLessThan((own?.y ?? 0) + (own?.height ?? 0));
  expect(await violationsOf(page)).toEqual([]);
  expect(errors).toEqual([]);
});

/** Whether an element is within the left and the right edge of another one. */
const isWithin = (page: Page, inner: string, outer: string): Promise<boolean> =>
  page.evaluate(`(() => {
    const [inner, outer] = ['${inner}', '${outer}'].map((each) => document.querySelector(each).getBoundingClientRect());
    return inner.left >= outer.left && inner.right <= outer.right;
  })()`);

/** Whether the words of an element are within its edges. */
const hasRoom = (page: Page, selector: string): Promise<boolean> =>
  page.evaluate(`(() => {
    const box = document.querySelector('${selector}');
    const words = document.createRange();
    words.selectNodeContents(box);
    const [inner, outer] = [words.getBoundingClientRect(), box.getBoundingClientRect()];
    return inner.top >= outer.top && inner.bottom <= outer.bottom && inner.left >= outer.left && inner.right <= outer.right;
  })()`);

/** @returns what is seen and written smaller than 18 px, by how its words begin */
function smallTexts(page: Page): Promise<string[]> {
  return page.evaluate(`(() => {
    const found = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let text = walker.nextNode(); text; text = walker.nextNode()) {
      const element = text.parentElement;
      if (text.data.trim() === '' || element.closest('.hidden, script, style, noscript') || !element.checkVisibility()) continue;
      const svg = element.closest('svg');
      const scale = svg ? svg.width.baseVal.value / (svg.viewBox.baseVal.width || svg.width.baseVal.value) : 1;
      const size = parseFloat(getComputedStyle(element).fontSize) * scale;
      if (size < 17.99) found.push(size + ' px: ' + text.data.trim().slice(0, 40));
    }
    return found;
  })()`);
}

const shown = async (title: Locator, text: string) => (await title.filter({ hasText: text }).count()) > 0;
