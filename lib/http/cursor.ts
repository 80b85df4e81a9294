// Cursors of the API: those of the store, in base64url, so that nobody is tempted to make one. A cursor may hold the key of
// a divergent write, which is not Unicode text: so what has no bytes in UTF-8 is escaped as in JSON.
import { TandemError } from '../errors.ts';

export function encodeCursor(cursor: string): string {
  return Buffer.from(JSON.stringify(cursor).slice(1, -1)).toString('base64url');
}

/**
 * @param isCursor whether a text can be a cursor of the store
 * @param parameter what it is called
 * @throws TandemError `invalid_parameter`
 */
export function decodeCursor(text: string, isCursor: (cursor: string) => boolean, parameter = 'cursor'): string {
  const cursor = unescaped(Buffer.from(text, 'base64url').toString());
  if (cursor === undefined || !isCursor(cursor) || encodeCursor(cursor) !== text) {
    throw new TandemError('invalid_parameter', `${parameter} must be the one of the answer before, unchanged.`, {
      parameter,
    });
  }
  return cursor;
}

/** @returns `undefined` when it is no text as it is escaped */
function unescaped(text: string): string | undefined {
  try {
    const cursor: unknown = JSON.parse(`"${text}"`);
    return typeof cursor === 'string' ? cursor : undefined;
  } catch {
    return undefined;
  }
}
