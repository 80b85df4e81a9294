// The token that both nodes get, and what they said to it. It is kept for this tab only, and never part of what the
// page shows.
import { signal } from '@preact/signals';
import { tab } from '../nodes/tab.ts';
import type { Refusals } from '../nodes/token-words.ts';
import type { NodeName } from '../recording/observation.ts';
import { nodes } from './nodes.ts';

/** With the addresses in it, so that a link to this page with other addresses does not send the token there. */
const NAME = `token for ${nodes.a.url} and ${nodes.b.url}`;
const NO_REFUSALS: Refusals = { a: {}, b: {} };

export const token = signal(tab.get(NAME));
export const refusals = signal(NO_REFUSALS);

/** @param text empty: none is sent from now on */
export function useToken(text: string): void {
  if (text === token.value) return;
  tab.set(NAME, text);
  token.value = text;
  refusals.value = NO_REFUSALS;
}

export const isRefusal = ({ status }: { readonly status: number }): boolean => status === 401 || status === 403;

/** Takes note of an answer. @param sent the token that the request had */
export function heard(node: NodeName, sent: string, method: string, response: { readonly status: number }): void {
  if (sent !== token.value) return;
  const about = method === 'GET' ? 'reading' : 'writing';
  const { [about]: before, ...others } = refusals.value[node];
  const now = isRefusal(response) ? response.status : undefined;
  if (now === before) return;
  refusals.value = { ...refusals.value, [node]: { ...others, ...(now !== undefined && { [about]: now }) } };
}
