// A proxy in front of a DynamoDB endpoint: it records what is asked and answered, and does to requests what networks
// and services do to them.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connectionsOf } from './dead-connections.ts';

/** What happens to one request. */
export type Disturbance =
  /** It is refused, because the table is asked too much, or the account. */
  | 'throttled'
  | 'slowed_down'
  /** It is refused, because a transaction with the same item is under way. */
  | 'conflicting'
  /** The service fails: without having done it, or after. */
  | 'failed'
  | 'failed_after'
  /** The connection breaks: before the request has arrived, or before its answer has. */
  | 'lost_request'
  | 'lost_reply'
  /** The connection breaks, and the request arrives all the same, after later ones: see `release`. */
  | 'late'
  /** Nothing is answered. */
  | 'hung'
  /** Something answers that is not DynamoDB, or not all of it arrives. */
  | 'web_page'
  | 'truncated'
  /** This happens once it has been done; then the connection breaks. */
  | (() => Promise<unknown>);

export interface SeenRequest {
  readonly operation: string;
  readonly body: Body;
  /** Absent while it has not been answered by DynamoDB itself. */
  answer?: { readonly status: number; readonly body: Body };
}

// biome-ignore lint/suspicious/noExplicitAny: whatever is asked and answered
type Body = any;

export interface DynamoDbProxy {
  readonly endpoint: string;
  /** In the order of their arrival. */
  readonly requests: SeenRequest[];
  /** What happens to the next requests of an operation, one each. */
  disturb(operation: string, ...how: readonly (Disturbance | undefined)[]): void;
  /** Answers every request of an operation with an error, until there is another one or `undefined`. */
  refuse(operation: string, type: string | undefined, message?: string): void;
  /** Leaves in peace all requests from now on. */
  calm(): void;
  /** Lets what is late arrive. */
  release(): Promise<void>;
  /** The connections that are open now break at their next use. */
  sever(): void;
  stop(): Promise<void>;
}

const TYPES = {
  throttled: [400, 'ProvisionedThroughputExceededException'],
  slowed_down: [400, 'ThrottlingException'],
  conflicting: [400, 'TransactionConflictException'],
  failed: [500, 'InternalServerError'],
  failed_after: [500, 'InternalServerError'],
} as const;

interface ProxyOptions {
  /** Answers tell the capacity that they consumed. */
  readonly tellsCapacity?: boolean;
  /** Queries end early, as they may: after a third of what was asked for; and each page but the first once empty. */
  readonly shortensQueries?: boolean;
  /** The failure of a condition brings the item along, where that was asked for: as with DynamoDB, not with dynalite. */
  readonly givesItems?: boolean;
  /** Tables are described without their TableId, as by DynamoDB Local. */
  readonly hidesTableIds?: boolean;
}

export async function startDynamoDbProxy(
  target: string,
  { tellsCapacity = false, shortensQueries = false, givesItems = false, hidesTableIds = false }: ProxyOptions = {},
): Promise<DynamoDbProxy> {
  const requests: SeenRequest[] = [];
  const planned = new Map<string, (Disturbance | undefined)[]>();
  const refusals = new Map<string, { type: string; message: string }>();
  const emptied = new Set<string>();
  let late: (() => Promise<unknown>)[] = [];

  async function forward(request: SeenRequest, headers: Record<string, string>): Promise<string> {
    const body = { ...request.body, ...(tellsCapacity && { ReturnConsumedCapacity: 'INDEXES' }) };
    if (shortensQueries && request.operation === 'Query') return shortAnswer(request, body, headers);
    const answer = await post(headers, body);
    if (givesItems && answer.status === 400 && body.ReturnValuesOnConditionCheckFailure) {
      const { TableName, Key = keyOf(body.Item) } = body;
      const question = { TableName, Key, ConsistentRead: true };
      const { Item } = (await post({ ...headers, 'x-amz-target': 'DynamoDB_20120810.GetItem' }, question)).body;
      if (Item) answer.body.Item = Item;
    }
    if (hidesTableIds && request.operation === 'DescribeTable') delete answer.body.Table.TableId;
    request.answer = answer;
    return JSON.stringify(answer.body);
  }

  async function post(headers: Record<string, string>, body: Body): Promise<NonNullable<SeenRequest['answer']>> {
    const answer = await fetch(target, { method: 'POST', headers, body: JSON.stringify(body) });
    return { status: answer.status, body: await answer.json() };
  }

  /** An answer that ends after a few items, or where it begins. */
  async function shortAnswer(request: SeenRequest, body: Body, headers: Record<string, string>): Promise<string> {
    const { ExclusiveStartKey, Limit = 300 } = body;
    const question = JSON.stringify(body);
    if (ExclusiveStartKey && !emptied.has(question)) {
      emptied.add(question);
      return JSON.stringify({ Items: [], Count: 0, ScannedCount: 0, LastEvaluatedKey: ExclusiveStartKey });
    }
    request.answer = await post(headers, { ...body, Limit: Math.ceil(Limit / 3) });
    return JSON.stringify(request.answer.body);
  }

  async function handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { 'x-amz-target': operationName, authorization, 'content-type': type, 'x-amz-date': date } = incoming.headers;
    const headers = { 'x-amz-target': operationName, authorization, 'content-type': type, 'x-amz-date': date };
    let text = '';
    for await (const chunk of incoming.setEncoding('utf8')) text += chunk;
    const operation = `${operationName}`.split('.')[1] as string;
    const request: SeenRequest = { operation, body: JSON.parse(text) };
    requests.push(request);
    const refusal = refusals.get(operation);
    if (refusal) return answerError(outgoing, [400, refusal.type], refusal.message);
    const pass = () => forward(request, headers as Record<string, string>);
    const how = planned.get(operation)?.shift();
    if (typeof how === 'function') {
      await pass();
      await how();
      return void outgoing.destroy();
    }
    switch (how) {
      case 'throttled':
      case 'slowed_down':
      case 'conflicting':
      case 'failed':
        return operation === 'TransactWriteItems' && how !== 'failed'
          ? answerCancelled(outgoing, how, request.body)
          : answerError(outgoing, TYPES[how]);
      case 'failed_after':
        await pass();
        return answerError(outgoing, TYPES[how]);
      case 'late':
        late.push(pass);
        return void outgoing.destroy();
      case 'lost_request':
        return void outgoing.destroy();
      case 'lost_reply':
        await pass();
        return void outgoing.destroy();
      case 'hung':
        return;
      case 'web_page':
        return void outgoing.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Welcome to this hotel</h1>');
      case 'truncated': {
        const all = await pass();
        outgoing.writeHead(200, { 'content-type': 'application/x-amz-json-1.0', 'content-length': all.length });
        return void outgoing.write(all.slice(0, -1), () => outgoing.destroy());
      }
      case undefined: {
        const all = await pass();
        outgoing.writeHead(request.answer?.status ?? 200, { 'content-type': 'application/x-amz-json-1.0' }).end(all);
      }
    }
  }

  const server = createServer((incoming, outgoing) => {
    if (connections.breaks(incoming)) return;
    handle(incoming, outgoing).catch((error) => outgoing.destroy(error));
  });
  const connections = connectionsOf(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');

  return {
    sever: connections.sever,
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    disturb(operation, ...how) {
      planned.set(operation, [...how]);
    },
    refuse(operation, type, message = 'refused') {
      if (type === undefined) refusals.delete(operation);
      else refusals.set(operation, { type, message });
    },
    calm() {
      planned.clear();
      refusals.clear();
    },
    async release() {
      const arriving = late;
      late = [];
      for (const arrive of arriving) await arrive();
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function keyOf({ key, kind }: Body): Body {
  return { key, kind };
}

/** A transaction says of each of its requests why it was not done: of the first one here. */
function answerCancelled(outgoing: ServerResponse, how: keyof typeof REASONS, { TransactItems }: Body): void {
  const CancellationReasons = TransactItems.map((_: Body, i: number) => ({ Code: i === 0 ? REASONS[how] : 'None' }));
  answerError(outgoing, [400, 'TransactionCanceledException'], 'on purpose', { CancellationReasons });
}

const REASONS = {
  throttled: 'ProvisionedThroughputExceeded',
  slowed_down: 'ThrottlingError',
  conflicting: 'TransactionConflict',
} as const;

function answerError(
  outgoing: ServerResponse,
  [status, type]: readonly [number, string],
  message = 'on purpose',
  more = {},
): void {
  outgoing.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' });
  outgoing.end(JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${type}`, message, ...more }));
}
