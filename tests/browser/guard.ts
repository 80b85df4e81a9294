// Stands in front of nodes that have tokens, and answers as they do; or as if a node wanted none, or only for writes.
import type { BrowserContext, Route } from 'playwright-core';
import type { NodeAddresses } from '../support/browser.ts';

/** What a node wants a token for. */
export type Wants = 'everything' | 'writes' | 'nothing';

export interface Guard {
  readonly readToken: string;
  readonly writeToken: string;
  readonly wants: Readonly<Record<keyof NodeAddresses, Wants>>;
  /** What has come with a token, whatever token, oldest first: `PUT http://…/key/foo`. */
  readonly withToken: string[];
}

/** @param nodes those behind it */
export async function placeGuard(context: BrowserContext, nodes: NodeAddresses, guard: Guard): Promise<void> {
  for (const role of ['primary', 'replica'] as const)
    await context.route(`${nodes[role]}/**`, (route) => refuseOrPass(route, guard, guard.wants[role]));
}

async function refuseOrPass(route: Route, guard: Guard, wants: Wants): Promise<void> {
  const request = route.request();
  const method = request.method();
  const given = await request.headerValue('authorization');
  if (given !== null) guard.withToken.push(`${method} ${request.url()}`);
  const isFree = wants === 'nothing' || (wants === 'writes' && method === 'GET');
  if (isFree) return route.continue({ headers: { ...request.headers(), authorization: `Bearer ${guard.writeToken}` } });
  const status = refusal(guard, method, given);
  if (status === undefined) return route.continue();
  return route.fulfill({
    status,
    headers: { 'access-control-allow-origin': '*', 'www-authenticate': 'Bearer' },
    contentType: 'application/problem+json',
    body: JSON.stringify({ status, code: status === 401 ? 'unauthorized' : 'forbidden', detail: 'It is refused.' }),
  });
}

function refusal({ readToken, writeToken }: Guard, method: string, given: string | null): 401 | 403 | undefined {
  if (given === null) return 401;
  const isEnough = given === `Bearer ${writeToken}` || (method === 'GET' && given === `Bearer ${readToken}`);
  return isEnough ? undefined : 403;
}
