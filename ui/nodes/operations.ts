// What the console can ask of a node. `path` is that of the API, behind the path of the node's own address.
import type { Fault } from './faults.ts';
import { isJson } from './json-text.ts';

export interface Operation {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The key that it is about. */
  readonly key?: string;
}

/** Under what a write is done. */
export interface Conditions {
  /** Seconds, as they were typed; empty: never. */
  readonly ttl?: string;
  readonly ifMatch?: string | undefined;
  readonly createOnly?: boolean;
}

const JSON_BODY = { 'Content-Type': 'application/json' };

/** The value as JSON text: what parses as JSON goes as it stands, everything else as a string. */
export const valueText = (text: string): string => (isJson(text) ? text.trim() : JSON.stringify(text));

const conditionHeaders = ({ ifMatch, createOnly }: Conditions): Record<string, string> => ({
  ...(ifMatch !== undefined && { 'If-Match': ifMatch }),
  ...(createOnly && { 'If-None-Match': '*' }),
});

const request = (
  method: Operation['method'],
  path: string,
  headers: Readonly<Record<string, string>> = {},
  body?: string,
): Operation => ({ method, path, headers, ...(body !== undefined && { body }) });

const keyPath = (key: string) => `/key/${encodeURIComponent(key)}`;

export const operations = {
  put: (key: string, text: string, { ttl, ...condition }: Conditions = {}): Operation => ({
    ...request(
      'PUT',
      keyPath(key),
      { ...JSON_BODY, ...conditionHeaders(condition) },
      `{"value":${valueText(text)}${ttl ? `,"ttl":${ttl}` : ''}}`,
    ),
    key,
  }),
  delete: (key: string, { ifMatch }: Conditions = {}): Operation => ({
    ...request('DELETE', keyPath(key), conditionHeaders({ ifMatch })),
    key,
  }),
  get: (key: string): Operation => ({ ...request('GET', keyPath(key)), key }),
  status: (key: string): Operation => ({ ...request('GET', `/status/${encodeURIComponent(key)}`), key }),
  repair: request('POST', '/repair'),
  /** @param isForced without the primary */
  promote: (isForced: boolean): Operation =>
    isForced ? request('POST', '/promote', JSON_BODY, '{"force":true}') : request('POST', '/promote'),
  acknowledge: request('DELETE', '/divergent'),
  faults: request('GET', '/faults'),
  setFaults: (faults: readonly Fault[]): Operation => request('PUT', '/faults', JSON_BODY, JSON.stringify({ faults })),
  addFault: (fault: Fault): Operation => request('POST', '/faults', JSON_BODY, JSON.stringify(fault)),
  removeFault: (id: string): Operation => request('DELETE', `/faults/${encodeURIComponent(id)}`),
  clearFaults: request('DELETE', '/faults'),
} as const;

/** Why a key cannot be sent; empty if it can. */
export function keyProblem(key: string): string {
  if (key === '') return 'Name a key.';
  if (key === '.' || key === '..') return 'A key cannot be . or .. because addresses resolve them away.';
  if (!key.isWellFormed()) return 'The key holds half a character (an unpaired surrogate).';
  return '';
}
