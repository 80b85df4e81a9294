// Results: a table for people, JSON for programs.
import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { dirname, join } from 'node:path';
import type { Spread } from './stats.ts';

export type Cell = string | number;

export interface Table {
  readonly title: string;
  /** What a reader must know to judge the figures. */
  readonly notes: readonly string[];
  /** Each row has the same members, in the order of the columns. */
  readonly rows: ReadonlyArray<Readonly<Record<string, Cell>>>;
}

/** A ratio beside what it should be: four columns of a table. */
export function judged(measured: Spread, target: { atLeast: number } | { atMost: number }): Record<string, Cell> {
  const isLow = 'atLeast' in target;
  const met = isLow ? measured.median >= target.atLeast : measured.median <= target.atMost;
  return {
    ...ratioCells(measured),
    target: isLow ? `≥ ${target.atLeast}` : `≤ ${target.atMost}`,
    verdict: met ? 'ok' : isLow ? 'below' : 'above',
  };
}

/** What should be true, and whether it is: two columns of a table. */
export function verdict(target: string, met: boolean): Record<string, Cell> {
  return { target, verdict: met ? 'ok' : 'missed' };
}

/** A ratio that nothing is asked of. */
export function unjudged(measured: Spread): Record<string, Cell> {
  return { ...ratioCells(measured), target: '', verdict: '' };
}

/** The same columns where there is nothing to compare. */
export const BASE: Readonly<Record<string, Cell>> = { ratio: '', 'middle half': '', target: '', verdict: '' };

function ratioCells({ median, lower, upper }: Spread): Record<string, Cell> {
  return { ratio: median.toFixed(2), 'middle half': `${lower.toFixed(2)}–${upper.toFixed(2)}` };
}

export function printTable({ title, notes, rows }: Table): void {
  const columns = Object.keys(rows[0] ?? {});
  const lines = [columns, ...rows.map((row) => columns.map((column) => text(row[column] ?? '')))];
  const widths = columns.map((_, i) => Math.max(...lines.map((line) => (line[i] as string).length)));
  const isNumeric = columns.map((column) => rows.some((row) => typeof row[column] === 'number'));
  const print = (line: readonly string[]) =>
    console.log(
      `  ${line.map((cell, i) => (isNumeric[i] ? cell.padStart(widths[i] as number) : cell.padEnd(widths[i] as number))).join('  ')}`.trimEnd(),
    );
  console.log(`\n${title}`);
  for (const line of lines) {
    print(line);
    if (line === columns) print(widths.map((width) => '-'.repeat(width)));
  }
  for (const note of notes) console.log(`  · ${note}`);
}

/** Three significant digits, but no digit of a whole number is left out. */
function text(cell: Cell): string {
  if (typeof cell === 'string') return cell;
  const digits = Math.abs(cell) >= 100 ? 0 : Math.abs(cell) >= 10 ? 1 : 2;
  return Number.isInteger(cell)
    ? cell.toLocaleString('en')
    : cell.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

export async function saveTables(path: string, tables: Readonly<Record<string, readonly Table[]>>): Promise<void> {
  const machine = { node: process.version, cores: availableParallelism(), processor: cpus()[0]?.model ?? '' };
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `${JSON.stringify({ at: new Date().toISOString(), machine, tables }, null, 2)}\n`);
  console.log(`\nAs JSON: ${join('bench', 'results', path.slice(dirname(path).length + 1))}`);
}
