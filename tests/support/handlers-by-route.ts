// From serverless.yml: the file of the handler of each route.
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { load } from 'js-yaml';

/** @param file serverless.yml, of this version or of another one @returns `put` for `PUT /key/{key+}`, `fallback` for `*` */
export async function handlersByRoute(file = 'serverless.yml'): Promise<Map<string, string>> {
  const { functions } = load(await readFile(file, 'utf8')) as {
    functions: Record<string, { handler: string; events: Array<{ httpApi?: string }> }>;
  };
  return new Map(
    Object.values(functions).flatMap(({ handler, events }) =>
      events.flatMap(
        ({ httpApi }): Array<[string, string]> => (httpApi ? [[httpApi, basename(handler, '.handler')]] : []),
      ),
    ),
  );
}
