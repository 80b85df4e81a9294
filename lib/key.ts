// What can be a key: 1 to 1,024 bytes of UTF-8.
import { MAX_KEY_BYTES } from './limits.ts';

/** Why a string cannot be a key; `undefined` if it can. */
export function keyProblem(key: string): string | undefined {
  if (key === '') return 'The key is empty: name one in the path, as in /key/foo.';
  if (!key.isWellFormed()) return 'The key is not Unicode text: percent-encode it as UTF-8.';
  // A UTF-16 unit takes at most three bytes of UTF-8: most keys need no counting.
  if (key.length * 3 > MAX_KEY_BYTES && Buffer.byteLength(key) > MAX_KEY_BYTES) {
    return `The key has ${Buffer.byteLength(key)} bytes in UTF-8; use one of at most ${MAX_KEY_BYTES}.`;
  }
  return undefined;
}
