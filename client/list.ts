// Lists of keys, page by page.
import type { Folded, KeyPage, ListedEntry, ListedKey } from './answers.ts';
import type { CallOptions, Context } from './context.ts';
import { withQuery } from './key-path.ts';
import type { ReadFrom } from './options.ts';
import { pageIn, withEtag } from './tagged.ts';

export interface ListOptions extends CallOptions {
  /** Only keys that begin so. */
  readonly prefix?: string;
  /** Whether values are read, too. */
  readonly values?: boolean;
  /** Downwards, from the last key. */
  readonly reverse?: boolean;
  /** Keys that go on after it, behind the prefix, are folded into one that ends with it. */
  readonly delimiter?: string;
  /** Begins where a page ended: its `cursor`. */
  readonly cursor?: string;
  /** How many keys a page has at most: 1 to 1,000. */
  readonly limit?: number;
  /** In place of what the client was made with. */
  readonly readFrom?: ReadFrom;
}

const LONGEST_PAGE = 1000;

/** One page, in the order of the UTF-8 bytes of keys. */
export async function listPage({ settings, send }: Context, options: ListOptions): Promise<KeyPage<ListedKey>> {
  const { readFrom = settings.readFrom, signal, ...query } = options;
  const request = { method: 'GET', path: withQuery('/keys', { ...query }) } as const;
  const page = pageIn<KeyPage<ListedKey>>(await send({ to: readFrom, request, signal }), 'keys');
  return { ...page, keys: page.keys.map(withEtag) };
}

/**
 * All of them, from as many pages as there are: of each page the keys, then what others are folded into. A key that comes or goes
 * meanwhile is seen or not; any other is seen once.
 */
export async function* list(
  context: Context,
  options: ListOptions,
): AsyncGenerator<ListedKey | Folded, void, undefined> {
  let { cursor } = options;
  do {
    const from = cursor === undefined ? {} : { cursor };
    const page = await listPage(context, { limit: LONGEST_PAGE, ...options, ...from });
    yield* page.keys;
    for (const prefix of page.prefixes ?? []) yield { prefix };
    cursor = page.cursor;
  } while (cursor !== undefined);
}

/** What is listed depends on what is asked for. */
export interface Lister {
  <T = unknown>(options: ListOptions & WithValues & WithDelimiter): Listing<ListedEntry<T> | Folded>;
  <T = unknown>(options: ListOptions & WithValues): Listing<ListedEntry<T>>;
  (options: ListOptions & WithDelimiter): Listing<ListedKey | Folded>;
  (options?: ListOptions): Listing<ListedKey>;
}

export interface PageLister {
  <T = unknown>(options: ListOptions & WithValues): Promise<KeyPage<ListedEntry<T>>>;
  (options?: ListOptions): Promise<KeyPage<ListedKey>>;
}

export type Listing<Listed> = AsyncIterableIterator<Listed, void, undefined>;
interface WithValues {
  readonly values: true;
}
interface WithDelimiter {
  readonly delimiter: string;
}
