// Lists that come in pages: as many of their things as are wanted.
import type { Command } from 'commander';
import { wholeNumber } from './settings.ts';

export interface Taking {
  readonly limit: number;
  readonly all?: boolean;
}

const USUAL = 100;
const LONGEST_PAGE = 1000;

export function addTaking(command: Command): Command {
  return command
    .option('--limit <count>', 'at most so many', wholeNumber, USUAL)
    .option('--all', 'however many there are');
}

interface Page<T> {
  readonly things: readonly T[];
  readonly cursor?: string | undefined;
}

type PageOf<T> = (options: { readonly limit: number; readonly cursor?: string }) => Promise<Page<T>>;

/** Says on stderr when there are more. */
export async function* taken<T>(pageOf: PageOf<T>, { limit, all = false }: Taking): AsyncGenerator<T> {
  let left = all ? Number.POSITIVE_INFINITY : limit;
  let cursor: string | undefined;
  do {
    const page = await pageOf({ limit: Math.min(left, LONGEST_PAGE), ...(cursor !== undefined && { cursor }) });
    yield* page.things;
    left -= page.things.length;
    cursor = page.cursor;
  } while (cursor !== undefined && left > 0);
  if (cursor !== undefined) console.error('There are more: --all prints them, or a higher --limit.');
}
