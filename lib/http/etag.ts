// Entity tags: the stamp, so that a tag is the same on both nodes and never names two states of a key.
import { TandemError } from '../errors.ts';
import { MAX_TAGS } from '../limits.ts';
import type { Stamp } from '../record.ts';
import type { Condition } from '../store/store.ts';

const TAG = /^"(\d{1,16})-(\d{1,16})"$/;
/** RFC 9110, 8.8.3. */
const LIST_MEMBER = /^\s*(W\/)?("[\x21\x23-\x7e\x80-\uffff]*")\s*(?:,|$)/;

export function etagOf({ epoch, version }: Stamp): string {
  return `"${epoch}-${version}"`;
}

/** The stamp in a tag; `undefined` for a tag that Tandem cannot have given. */
export function stampOfTag(tag: string): Stamp | undefined {
  const match = TAG.exec(tag);
  return match ? { epoch: Number(match[1]), version: Number(match[2]) } : undefined;
}

type Headers = Readonly<Record<string, string | undefined>>;

/** @throws TandemError `invalid_parameter` when a header is malformed */
export function preconditionsOf(headers: Headers): Condition | undefined {
  const ifMatch = headers['if-match'];
  const ifNoneMatch = headers['if-none-match'];
  if (ifMatch === undefined && ifNoneMatch === undefined) return undefined;
  return {
    ...(ifMatch !== undefined && { ifMatch: stamps('If-Match', ifMatch, { weak: false }) }),
    ...(ifNoneMatch !== undefined && { ifNoneMatch: stamps('If-None-Match', ifNoneMatch, { weak: true }) }),
  };
}

/** The stamps in a list of tags. Foreign tags match nothing, nor do weak ones where only strong ones count. */
function stamps(header: string, text: string, { weak }: { weak: boolean }): '*' | Stamp[] {
  if (text.trim() === '*') return '*';
  const found: Stamp[] = [];
  let rest = text;
  let count = 0;
  do {
    const member = LIST_MEMBER.exec(rest);
    if (!member)
      throw new TandemError(
        'invalid_parameter',
        `${header} must be * or entity tags in double quotes, as ETag gives them.`,
        { parameter: header },
      );
    if (++count > MAX_TAGS)
      throw new TandemError('invalid_parameter', `${header} must name at most ${MAX_TAGS} entity tags.`, {
        parameter: header,
      });
    const stamp = stampOfTag(member[2] ?? '');
    if (stamp && (weak || member[1] === undefined)) found.push(stamp);
    rest = rest.slice(member[0].length);
  } while (rest !== '');
  return found;
}
