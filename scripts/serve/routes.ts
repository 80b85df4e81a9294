// What serverless.yml says of the functions: the route of each, which of them a schedule calls, and what browsers may do. It is kept
// as JSON beside the artifact, since to load a parser of YAML takes a node that starts longer than the routes do.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cors } from '../browsers/cors.ts';

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

/** The same, as JSON has it. */
export interface KeptRoutes extends Omit<Routes, 'functions'> {
  readonly functions: Readonly<Record<string, string>>;
}

/** In the folder of an artifact. */
export function keptRoutesFile(artifact: string): string {
  return join(artifact, 'routes.json');
}

/** The routes of an artifact that presentArtifact has built. */
export async function routesOf(artifact: string): Promise<Routes> {
  const { functions, ...rest }: KeptRoutes = JSON.parse(await readFile(keptRoutesFile(artifact), 'utf8'));
  return { functions: new Map(Object.entries(functions)), ...rest };
}
