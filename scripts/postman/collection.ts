// A Postman collection (format 2.1.0, https://schema.postman.com) of the OpenAPI description.
import { openApiDocument } from '../../lib/http/openapi/document.ts';

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly description?: string;
}

interface Described {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly [string];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly example?: unknown }>> };
  readonly responses: Readonly<Record<string, unknown>>;
}

interface Operation extends Described {
  readonly path: string;
  readonly method: string;
}

/** Writes come first, so that what is read is there; deletions last. */
const METHODS = ['put', 'patch', 'post', 'get', 'delete'];
/** What stands in a path in the place of a parameter. */
const VALUES: Readonly<Record<string, string>> = { key: 'foo', id: '{{fault}}' };

/** @returns the collection. Requests between the nodes, and HEAD, are left out */
export function postmanCollection(): object {
  const operations = operationsOfClients();
  const folders = [...Map.groupBy(operations, ({ tags }) => tags[0])].map(([name, some]) => ({
    name,
    item: some.toSorted((a, b) => METHODS.indexOf(a.method) - METHODS.indexOf(b.method)).map(itemOf),
  }));
  return {
    info: {
      name: 'Tandem',
      description: 'A small replicated key-value store. Made of its OpenAPI description by `npm run postman`.',
      schema: 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json',
    },
    variable: [
      { key: 'primary', value: 'http://localhost:5000' },
      { key: 'token', value: '', description: 'Where the node has tokens of its clients: the write token.' },
      { key: 'fault', value: 'none' },
    ],
    auth: { type: 'bearer', bearer: [{ key: 'token', value: '{{token}}', type: 'string' }] },
    item: folders,
  };
}

function operationsOfClients(): Operation[] {
  const paths = openApiDocument().paths as Record<string, Record<string, Described>>;
  return Object.entries(paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method];
      return operation && operation.tags[0] !== 'Between the nodes' ? [{ ...operation, path, method }] : [];
    }),
  );
}

function itemOf(operation: Operation): object {
  const { summary, description, path, method, parameters = [], requestBody, responses } = operation;
  const example = requestBody?.content['application/json']?.example;
  const disabled = (kind: string) =>
    parameters
      .filter((each) => each.in === kind)
      .map((each) => ({ key: each.name, value: '', description: each.description, disabled: true }));
  const segments = path
    .slice(1)
    .replace(/\{(\w+)\}/g, (_, name) => VALUES[name] ?? name)
    .split('/');
  const statuses = Object.keys(responses).map(Number);
  return {
    name: summary,
    request: {
      method: method.toUpperCase(),
      description: description ?? summary,
      header: [
        ...(example === undefined ? [] : [{ key: 'Content-Type', value: 'application/json' }]),
        ...disabled('header'),
      ],
      url: {
        raw: `{{primary}}/${segments.join('/')}`,
        host: ['{{primary}}'],
        path: segments,
        query: disabled('query'),
      },
      ...(example !== undefined && { body: { mode: 'raw', raw: JSON.stringify(example, null, 2) } }),
    },
    event: [
      {
        listen: 'test',
        script: {
          type: 'text/javascript',
          exec: [
            "pm.test('it is answered as the description says', () => {",
            `  pm.expect(${JSON.stringify(statuses)}).to.include(pm.response.code);`,
            '});',
          ],
        },
      },
    ],
    response: [],
  };
}
