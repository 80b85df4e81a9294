// HEAD in the OpenAPI description: beside each GET that is for clients, with the same answers, which have no body.
import type { Json } from '../json-schema.ts';

export interface Operation extends Json {
  readonly operationId: string;
  readonly summary: string;
  readonly security?: readonly object[];
  readonly responses: Record<string, Json>;
}

export type PathItem = Json & { readonly get?: Operation };

/** @param paths of the description. @returns the same, with HEAD */
export function withHead(paths: Readonly<Record<string, PathItem>>): Json {
  const described = Object.entries(paths).map(([path, item]) => {
    const { get } = item;
    const isForPeer = get?.security?.some((scheme) => 'peer' in scheme);
    return [path, get && !isForPeer ? { ...item, head: headOperation(get) } : item];
  });
  return Object.fromEntries(described);
}

function headOperation({ operationId, summary, responses, ...get }: Operation): Operation {
  return {
    ...get,
    operationId: `${operationId}Head`,
    summary: `${summary}: status and headers only`,
    responses: Object.fromEntries(
      Object.entries(responses).map(([status, { content: _, ...response }]) => [status, response]),
    ),
  };
}
