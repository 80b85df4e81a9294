// What serverless.yml says of the functions: the route of each, which of them a schedule calls, and what browsers may do.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { load } from 'js-yaml';
import type { Cors } from '../browsers/cors.ts';
import { ROOT } from '../root.ts';

/** The route of whatever no other takes; `*` in serverless.yml. */
export const DEFAULT_ROUTE = '$default';

export interface Routes {
  /** By the key of the route, such as `GET /key/{key+}`: the function, as its file in the artifact is named. */
  readonly functions: ReadonlyMap<string, string>;
  /** The functions that are called once a minute. */
  readonly everyMinute: readonly string[];
  readonly cors: Cors;
}

/** The name of the function that takes what comes for a route: if none does, that of whatever no other takes. */
export function functionOf({ functions }: Routes, routeKey: string): string {
  return functions.get(routeKey) ?? (functions.get(DEFAULT_ROUTE) as string);
}

interface Service {
  readonly provider: { readonly httpApi: { readonly cors: Cors } };
  readonly functions: Readonly<
    Record<string, { readonly handler: string; readonly events: ReadonlyArray<Readonly<Record<string, unknown>>> }>
  >;
}

/** @throws Error when a schedule is not one that can be kept here */
export async function readRoutes(file = join(ROOT, 'serverless.yml')): Promise<Routes> {
  const service = load(await readFile(file, 'utf8')) as Service;
  const functions = new Map<string, string>();
  const everyMinute: string[] = [];
  for (const { handler, events } of Object.values(service.functions)) {
    const name = handler.replace(/^handlers\//, '').replace(/\.\w+$/, '');
    for (const { httpApi, schedule } of events) {
      if (typeof httpApi === 'string') functions.set(httpApi === '*' ? DEFAULT_ROUTE : httpApi, name);
      if (schedule !== undefined) everyMinute.push(scheduled(name, schedule));
    }
  }
  return { functions, everyMinute, cors: service.provider.httpApi.cors };
}

function scheduled(name: string, schedule: unknown): string {
  const { rate } = schedule as { readonly rate?: unknown };
  if (Array.isArray(rate) && rate.join() === 'rate(1 minute)') return name;
  throw new Error(`The schedule of ${name} in serverless.yml is not rate(1 minute), the only one that is kept here.`);
}
