// Paths and queries of the API.
import { TandemError } from './error.ts';

/** @param folder such as `/key` @throws TandemError `invalid_key` when no path can name the key */
export function keyPath(folder: string, key: string): string {
  // Every URL parser resolves these segments away.
  if (key === '' || key === '.' || key === '..')
    throw new TandemError('invalid_key', `'${key}' cannot be a key: it cannot be named in a path.`);
  try {
    return `${folder}/${encodeURIComponent(key)}`;
  } catch (cause) {
    throw new TandemError('invalid_key', 'The key is not Unicode text: it holds half a character.', { cause });
  }
}

/** @param parameters those that are `undefined` are left out */
export function withQuery(
  path: string,
  parameters: Readonly<Record<string, string | number | boolean | undefined>>,
): string {
  const parts: string[] = [];
  for (const [name, value] of Object.entries(parameters))
    if (value !== undefined) parts.push(`${name}=${encodeURIComponent(value)}`);
  return parts.length === 0 ? path : `${path}?${parts.join('&')}`;
}
