// What the command line says to whoever sits at a terminal, and asks: a script sees none of it.
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { confirm } from '../../cli/ask.ts';
import { Progress } from '../../cli/progress.ts';

const STREAMS = ['stdin', 'stderr'] as const;
const theirs = Object.fromEntries(STREAMS.map((name) => [name, Object.getOwnPropertyDescriptor(process, name)]));

let stdin: PassThrough;
let shown: () => string;

/** Puts streams of this test in the place of those of the process. */
function sit(isTTY: boolean): void {
  const stderr = Object.assign(new PassThrough(), { isTTY });
  stdin = Object.assign(new PassThrough(), { isTTY });
  Object.defineProperty(process, 'stdin', { configurable: true, value: stdin });
  Object.defineProperty(process, 'stderr', { configurable: true, value: stderr });
  let text = '';
  stderr.on('data', (chunk) => {
    text += chunk;
  });
  shown = () => text;
}

beforeEach(() => sit(true));
afterEach(() => {
  jest.restoreAllMocks();
  for (const name of STREAMS) Object.defineProperty(process, name, theirs[name] as PropertyDescriptor);
});

describe('a question', () => {
  test.each(['y', 'Y', 'yes', ' YES '])('is answered by %j: it goes on', async (answer) => {
    stdin.write(`${answer}\n`);
    await confirm('Go on?', false);
    expect(shown()).toContain('Go on? [y/N] ');
  });

  test.each(['', 'n', 'no', 'yet', 'oui'])('is answered by %j: nothing is done', async (answer) => {
    stdin.write(`${answer}\n`);
    await expect(confirm('Go on?', false)).rejects.toMatchObject({ code: 'declined', message: 'Nothing was done.' });
  });

  test('that the input ends under is not answered', async () => {
    stdin.end();
    await expect(confirm('Go on?', false)).rejects.toMatchObject({ code: 'declined' });
  });

  test('is not asked where it is answered before, or where no terminal is', async () => {
    await confirm('Go on?', true);
    expect(shown()).toBe('');
    sit(false);
    await confirm('Go on?', false);
    expect(shown()).toBe('');
  });
});

describe('progress', () => {
  test('is one line that is written anew, five times a second at most, and goes away', () => {
    let now = 0;
    jest.spyOn(performance, 'now').mockImplementation(() => now);
    const progress = new Progress('imported');
    for (now = 100; now <= 1000; now += 100) progress.add(500);
    const lines = shown().split('\r\x1b[K').slice(1);
    expect(lines).toEqual(
      [1000, 2000, 3000, 4000, 5000].map((count) => `${count.toLocaleString('en')} keys imported, 5,000 a second`),
    );
    progress.end();
    expect(shown().endsWith('\r\x1b[K')).toBe(true);
  });

  test('is not shown where no terminal is', () => {
    sit(false);
    const progress = new Progress('imported');
    progress.add(1_000_000);
    progress.end();
    expect(shown()).toBe('');
  });
});
