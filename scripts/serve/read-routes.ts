// Reads the routes from serverless.yml.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { load } from 'js-yaml';
import type { Cors } from '../browsers/cors.ts';
import { replaceFile } from '../replace-file.ts';
import { ROOT } from '../root.ts';
import { DEFAULT_ROUTE, type KeptRoutes, keptRoutesFile, type Routes } from './routes.ts';

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

/** Keeps them beside an artifact. */
export async function keepRoutes(artifact: string): Promise<void> {
  const { functions, ...rest } = await readRoutes();
  const kept: KeptRoutes = { functions: Object.fromEntries(functions), ...rest };
  await replaceFile(keptRoutesFile(artifact), Buffer.from(JSON.stringify(kept)));
}
