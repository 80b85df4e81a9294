// Cursors of the API: those of the store, in base64url, so that nobody is tempted to make one.
import { TandemError } from '../errors.ts';

export function encodeCursor(cursor: string): string {
  return Buffer.from(cursor).toString('base64url');
}

/**
 * @param isCursor whether a text can be a cursor of the store
 * @throws TandemError `invalid_parameter`
 */
export function decodeCursor(text: string, isCursor: (cursor: string) => boolean): string {
  const cursor = Buffer.from(text, 'base64url').toString();
  if (!isCursor(cursor) || encodeCursor(cursor) !== text) {
    throw new TandemError('invalid_parameter', 'cursor must be the cursor of the page before, unchanged.', {
      parameter: 'cursor',
    });
  }
  return cursor;
}
