// Answers about a key, with its ETag: that is its stamp, on both nodes.
import type { Stamp, Tagged } from './answers.ts';
import type { Answered } from './call.ts';
import { TandemError } from './error.ts';

export function etagOf({ epoch, version }: Stamp): string {
  return `"${epoch}-${version}"`;
}

/**
 * The body of an answer about one key.
 * @throws TandemError `unexpected_answer` when it is about another one: some gateways cut a path where a key has a question mark
 */
export function tagged<Body extends Omit<Tagged, 'etag'>>(
  { body, status, from: { url } }: Answered,
  key: string,
): Body & Tagged {
  const about = body as Body | null;
  if (about?.key === key) return withEtag(about);
  throw new TandemError(
    'unexpected_answer',
    `${url} answered about ${about?.key === undefined ? 'no key' : 'another key'}. What stands in front of a node may cut a path at a question mark: name such keys in a batch.`,
    { url, status },
  );
}

/** The body of an answer that is a page. @param list what it must have @throws TandemError `unexpected_answer` */
export function pageIn<Page>({ body, status, from: { url } }: Answered, list: keyof Page): Page {
  const page = body as Page | null;
  if (Array.isArray(page?.[list])) return page as Page;
  throw new TandemError('unexpected_answer', `${url} answered without ${String(list)}: is it a node of Tandem?`, {
    url,
    status,
  });
}

export function withEtag<Body extends Stamp>(body: Body): Body & { readonly etag: string } {
  return { ...body, etag: etagOf(body) };
}
