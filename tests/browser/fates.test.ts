// Each fate of a write, on real nodes with real faults: drawn on the stage, and said. And the run again, from a file, without nodes.
import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { until } from '../support/until.ts';
import { type Console, shows } from './console.ts';
import { actUntilDrew, drew, noteTokens, said } from './drawn.ts';
import { useStage } from './stage.ts';

const stage = useStage();
const JSON_BODY = { 'content-type': 'application/json' };

async function write(key: string, value: unknown): Promise<void> {
  await fetch(`${stage.pair.primary.url}/key/${key}`, {
    method: 'PUT',
    headers: JSON_BODY,
    body: JSON.stringify({ value }),
  });
}

/** Acts once. */
async function fault(node: 'primary' | 'replica', kind: string): Promise<void> {
  const body = JSON.stringify({ faults: [{ kind, count: 1, ttl: 60 }] });
  await fetch(`${stage.pair[node].url}/faults`, { method: 'PUT', headers: JSON_BODY, body });
}

const repair = () => fetch(`${stage.pair.primary.url}/repair`, { method: 'POST' });

async function opened(): Promise<Console> {
  const console = await stage.open({ isMoving: true });
  await shows(console.page.locator('#link'), 'Both hold the same');
  await noteTokens(console.page);
  return console;
}

describe('a write', () => {
  test('that is copied goes to the replica, and comes back as a tick; its value is shown in both nodes', async () => {
    const { page, panel } = await opened();
    await write('copied', 'hello');
    await drew(page, { key: 'copied', form: 'record', tone: 'plain' });
    await drew(page, { key: 'copied', form: 'tick', tone: 'good' });
    await said(page, '“copied” is on both nodes: B has acknowledged it.');
    for (const node of ['A', 'B'] as const) await shows(panel(node), /copied.*"hello".*v1/s);
  });

  test('of this page has its answer go back to the client', async () => {
    const { page, put } = await opened();
    await put('asked', 'by the page');
    await drew(page, { key: '201', form: 'tick', tone: 'good' });
  });

  test('that the replica refuses bounces, waits in the queue, is tried again, and heals', async () => {
    const { page } = await opened();
    await write('bad', '__fail__');
    await drew(page, { key: 'bad', form: 'record', tone: 'bad' });
    await drew(page, { key: 'bad', waiting: 'true' });
    await said(page, /B refused “bad” \(replica answered 500/);
    await shows(page.locator('#link'), 'B is behind');
    await write('bad', 'good');
    await said(page, '“bad” is on both nodes');
    await shows(page.locator('#link'), 'Both hold the same');
    await page.locator('.token[data-waiting="true"]').first().waitFor({ state: 'detached' });
  });

  test('whose request is lost fades in the tube; it is sent again, and then nothing waits any more', async () => {
    const { page } = await opened();
    await fault('primary', 'drop_request');
    await write('astray', 1);
    await drew(page, { key: 'astray', form: 'record', tone: 'bad' });
    await said(page, '“astray” was lost on its way to B');
    await repair();
    await said(page, 'A sends “astray” again');
    await said(page, '“astray” has arrived: B has it now');
    await said(page, 'Healed: nothing waits any more.');
  });

  test('whose reply is lost lands, its tick dies, and sent again it is the same', async () => {
    const { page } = await opened();
    await fault('replica', 'drop_reply');
    await write('unheard', 1);
    await drew(page, { key: 'unheard', form: 'tick', tone: 'bad' });
    await drew(page, { key: 'unheard', waiting: 'true' });
    await said(page, 'B took “unheard”, but its answer was lost.');
    await repair();
    await said(page, 'B had “unheard” already: it answers “same”');
  });

  test('that goes twice is two tokens, and the second one dissolves', async () => {
    const { page } = await opened();
    const writeTwice = async () => {
      await fault('replica', 'duplicate');
      await write('double', 1);
    };
    await actUntilDrew(page, writeTwice, { key: 'double', twin: 'true', tone: 'same' });
    await said(page, '“double” came to B twice.');
  });

  test('that failed has a ring count down to its next attempt', async () => {
    const { page } = await opened();
    // The pause is random, and may be too short to be seen: each failure has another, and longer ones on the average.
    for (let i = 0; i < 4; i++) await write(`waits/${i}`, '__fail__');
    const ring = page.locator('.token .ring').first();
    await until(async () => {
      await repair();
      return ring.waitFor({ timeout: 2000 }).then(
        () => true,
        () => false,
      );
    });
    for (let i = 0; i < 4; i++) await write(`waits/${i}`, 'good');
    await shows(page.locator('#link'), 'Both hold the same');
  });
});

describe('the lead', () => {
  test('moves with its crown, and back', async () => {
    const { page } = await opened();
    const leads = (node: 'a' | 'b') => page.locator(`.node[data-node="${node}"][data-leads="true"]`).waitFor();
    await leads('a');
    await fetch(`${stage.pair.replica.url}/promote`, { method: 'POST' });
    await leads('b');
    await said(page, 'Switchover: B leads now, and A follows.');
    await fetch(`${stage.pair.primary.url}/promote`, { method: 'POST' });
    await leads('a');
    await said(page, 'Switchover: A leads now, and B follows.');
  });
});

describe('a run that was exported', () => {
  let file: string;

  beforeAll(async () => {
    const { page } = await opened();
    await write('lesson', 'one');
    await said(page, '“lesson” is on both nodes');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Export' }).click(),
    ]);
    file = await readFile(await download.path(), 'utf8');
  });

  test('replays without nodes: the same tokens, and the same words', async () => {
    const asked: string[] = [];
    const console = await stage.open({
      isMoving: true,
      state: '',
      // The link asks for the file; of the nodes nothing may be asked.
      query: '?replay=run.json',
      async prepare(context) {
        await context.route('**/run.json', (route) => route.fulfill({ contentType: 'application/json', body: file }));
        for (const { url } of [stage.pair.primary, stage.pair.replica])
          await context.route(`${url}/**`, (route) => {
            asked.push(route.request().url());
            return route.abort();
          });
      },
    });
    const { page } = console;
    await shows(page.locator('.shown-time'), 'run.json');
    await noteTokens(page);
    await page.getByRole('button', { name: 'Pause' }).click();
    const slider = page.getByRole('slider', { name: 'Time that the stage shows' });
    const lesson = page.locator('.happened li').filter({ hasText: '“lesson” is on both nodes' });
    await slider.press('Home');
    expect(await lesson.count()).toBe(0);
    // A step is a quarter of a second, and each way takes longer: no machine is too slow to see it.
    while ((await lesson.count()) === 0) await slider.press('ArrowRight');
    for (const form of ['record', 'tick']) {
      const token = page.locator(`.token[data-key="lesson"][data-form="${form}"]`);
      for (let step = 0; step < 12 && (await token.count()) === 0; step++) await slider.press('ArrowRight');
      await token.waitFor();
    }
    await slider.press('Home');
    expect(await lesson.count()).toBe(0);
    await page.getByLabel('Speed').selectOption('4');
    await page.getByRole('button', { name: 'Replay', exact: true }).click();
    await lesson.waitFor();
    expect(asked).toEqual([]);
  });

  test('that is damaged is refused with the reason, the page goes on, and “Live” takes the words away', async () => {
    const { page } = await opened();
    const field = page.getByLabel('Open a recording');
    const reason = page.locator('.plot').getByRole('alert');
    for (const [damaged, says] of [
      [file.slice(0, file.length / 2), 'it is not JSON'],
      [file.replace('"version":1', '"version":2'), 'version: 1 is expected'],
      [file.replace(/"at":\d+/, '"at":"then"'), 'observations.0.at: a number'],
    ] as const) {
      await field.setInputFiles({ name: 'damaged.json', mimeType: 'application/json', buffer: Buffer.from(damaged) });
      await shows(reason, says);
    }
    await write('meanwhile', 'it goes on');
    await said(page, '“meanwhile” is on both nodes');
    await page.getByRole('button', { name: 'Live', exact: true }).click();
    await reason.waitFor({ state: 'detached' });
  });
});
