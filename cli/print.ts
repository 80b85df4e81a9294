// What a command prints: tables and sentences for people, and for programs a line of JSON for each thing (NDJSON).
import { once } from 'node:events';
import { jsonOf } from './json-line.ts';
import { shown, shownShort } from './shown.ts';

export interface Column<T> {
  readonly title: string;
  readonly of: (item: T) => string | number | undefined;
  /** Characters at most; those of a key unless given. */
  readonly most?: number;
}

const MOST = 80;
/** Rows that are laid out together. Those after them may be wider. */
const ROWS = 1000;
/** Characters that are written at a time. */
const CHUNK = 64 * 1024;

/** Waits until whoever reads has taken it. */
export async function write(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}

/** One thing: the sentence for people, or its JSON. */
export async function printOne(thing: object, sentence: string, forPeople: boolean): Promise<void> {
  await write(`${forPeople ? shown(sentence) : jsonOf(thing)}\n`);
}

/** @returns how many there were */
export function printAll<T extends object>(
  things: AsyncIterable<T> | Iterable<T>,
  columns: readonly Column<T>[],
  forPeople: boolean,
): Promise<number> {
  return forPeople ? printTable(things, columns) : printLines(things);
}

async function printLines(things: AsyncIterable<object> | Iterable<object>): Promise<number> {
  let count = 0;
  let text = '';
  for await (const thing of things) {
    count++;
    text += `${jsonOf(thing)}\n`;
    if (text.length < CHUNK) continue;
    await write(text);
    text = '';
  }
  await write(text);
  return count;
}

async function printTable<T>(things: AsyncIterable<T> | Iterable<T>, columns: readonly Column<T>[]): Promise<number> {
  let count = 0;
  let rows: string[][] = [columns.map(({ title }) => title)];
  const widths = columns.map(() => 0);
  const flush = async () => {
    for (const row of rows) for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
    await write(
      rows.map((row) => `${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')}`.trimEnd()).join('\n'),
    );
    await write('\n');
    rows = [];
  };
  for await (const thing of things) {
    count++;
    rows.push(columns.map(({ of, most = MOST }) => shownShort(`${of(thing) ?? ''}`, most)));
    if (rows.length >= ROWS) await flush();
  }
  if (count > 0 && rows.length > 0) await flush();
  return count;
}
