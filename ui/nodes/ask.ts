// `fetch` for nodes: with the token and the secret, if there are any, and without redirects, which could lead both elsewhere.
import { heard, token } from '../state/token.ts';
import type { ConsoleNode } from './addresses.ts';
import { forgetSecret, secretHeaderFor } from './secret.ts';

export interface AskOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly signal?: AbortSignal;
}

/** It takes note of a refusal. @param path behind the address of the node @throws what `fetch` throws */
export async function ask(node: ConsoleNode, path: string, options: AskOptions = {}): Promise<Response> {
  const { method = 'GET', headers, body, signal } = options;
  const sent = token.value;
  const authorization = sent === '' ? {} : { Authorization: `Bearer ${sent}` };
  const secret = await secretHeaderFor(node);
  const response = await fetch(node.url + path, {
    method,
    headers: { ...headers, ...authorization, ...secret },
    ...(body !== undefined && { body }),
    ...(signal && { signal }),
    cache: 'no-store',
    redirect: 'error',
  }).catch((error: unknown) => {
    forgetSecret();
    throw error;
  });
  heard(node.id, sent, method, response);
  return response;
}
