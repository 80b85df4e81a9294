// DynamoDB and Parameter Store on the loopback, which let a function do what its role allows. Who calls is told by the
// access key that signs a request: it is the name of the function.
import { createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { connectionsOf } from './dead-connections.ts';
import type { TestParameterStore } from './parameter-store.ts';
import { ACCOUNT, type Permission } from './stack.ts';

export interface FakeAws {
  readonly url: string;
  /** What was asked for and no role allows, as `function action resource`. */
  readonly denied: readonly string[];
  /** What was asked for and allowed, likewise. */
  readonly allowed: ReadonlySet<string>;
  /** The connections that are open now break at their next use. */
  sever(): void;
  stop(): Promise<void>;
}

export interface AwsOptions {
  /** What each function may do, by access key. */
  readonly permissions: ReadonlyMap<string, readonly Permission[]>;
  /** By region. */
  readonly parameterStores: Readonly<Record<string, TestParameterStore>>;
  readonly dynamoDbUrl: string;
}

interface Body {
  readonly TableName?: string;
  readonly IndexName?: string;
  readonly Names?: readonly string[];
  /** Each as `{"Put":{"TableName":"…"}}`. */
  readonly TransactItems?: ReadonlyArray<Readonly<Record<string, { readonly TableName: string }>>>;
}

/** `X-Amz-Target: AmazonSSM.GetParameters` */
const SERVICES: Readonly<Record<string, string>> = { AmazonSSM: 'ssm', DynamoDB_20120810: 'dynamodb' };

export async function startAws({ permissions, parameterStores, dynamoDbUrl }: AwsOptions): Promise<FakeAws> {
  const denied: string[] = [];
  const allowed = new Set<string>();

  async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const bytes = await buffer(incoming);
    const { accessKey, region, service, needs } = questionOf(incoming, JSON.parse(bytes.toString()) as Body);
    const missing = needs.filter(
      ({ action, resource }) =>
        !permissions.get(accessKey)?.some((each) => each.action === action && each.resource === resource),
    );
    for (const need of needs) {
      const right = `${accessKey} ${need.action} ${need.resource}`;
      missing.includes(need) ? denied.push(right) : allowed.add(right);
    }
    if (missing.length > 0) return refuse(response, accessKey, missing);
    const url = service === 'ssm' ? parameterStores[region]?.url : dynamoDbUrl;
    if (url === undefined) throw new Error(`Nobody keeps parameters in ${region}.`);
    const outgoing = forward(url, { method: 'POST', headers: incoming.headers }, (answered) => {
      response.writeHead(answered.statusCode ?? 500, answered.headers);
      answered.pipe(response);
    });
    outgoing.end(bytes);
  }

  const server = createServer((incoming, response) => {
    if (connections.breaks(incoming)) return;
    answer(incoming, response).catch((error) => response.writeHead(500).end(`${error}`));
  });
  const connections = connectionsOf(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    sever: connections.sever,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    denied,
    allowed,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

interface Question {
  readonly accessKey: string;
  readonly region: string;
  readonly service: string;
  /** What a role must allow for it. */
  readonly needs: readonly Permission[];
}

function questionOf({ headers }: IncomingMessage, body: Body): Question {
  const [, accessKey = '', region = ''] = /Credential=(.+?)\/\d{8}\/([^/]+)\//.exec(headers.authorization ?? '') ?? [];
  const [target = '', operation = ''] = `${headers['x-amz-target']}`.split('.');
  const service = SERVICES[target] ?? target;
  const needs = needsOf(operation, body).map(({ action, resource }) => ({
    action: `${service}:${action}`,
    resource: `arn:aws:${service}:${region}:${ACCOUNT}:${resource}`,
  }));
  return { accessKey, region, service, needs };
}

/** A transaction needs what its parts need, and no right of its own. */
function needsOf(action: string, { TableName, IndexName, Names, TransactItems }: Body): Permission[] {
  if (Names) return Names.map((name) => ({ action, resource: `parameter${name}` }));
  if (TransactItems) {
    return TransactItems.flatMap((item) =>
      Object.entries(item).map(([part, { TableName: table }]) => ({
        action: part === 'ConditionCheck' ? 'ConditionCheckItem' : `${part}Item`,
        resource: `table/${table}`,
      })),
    );
  }
  return [{ action, resource: `table/${TableName}${IndexName === undefined ? '' : `/index/${IndexName}`}` }];
}

function refuse(response: ServerResponse, who: string, missing: readonly Permission[]): void {
  const what = missing.map(({ action, resource }) => `${action} on resource: ${resource}`).join(', ');
  const message = `User: ${who} is not authorized to perform: ${what}`;
  response.writeHead(400, { 'content-type': 'application/x-amz-json-1.1' });
  response.end(JSON.stringify({ __type: 'AccessDeniedException', Message: message }));
}
