// Transactions, which dynalite does not do: TransactWriteItems of conditional puts into one table, as lib/store/dynamodb asks
// for them. All puts and their index entries are written in one batch, while nobody else writes the items.
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { promisify } from 'node:util';
import db, { type Failure, type Item, type Operation, type Store, type Table } from 'dynalite/db/index.js';
import validations from 'dynalite/validations/index.js';
import * as putItem from 'dynalite/validations/putItem.js';

const TARGET = 'DynamoDB_20120810.TransactWriteItems';
const CANCELLED = 'com.amazonaws.dynamodb.v20120810#TransactionCanceledException';
/** A put of a transaction costs twice what it costs alone. */
const COST_FACTOR = 2;

/** What puts an item in the place of another one. */
type OperationsOf = (table: Table, key: string, before: unknown, after: unknown) => Operation[];

interface Put {
  readonly TableName: string;
  readonly Item: Item;
}

interface Question {
  readonly TransactItems: readonly { readonly Put?: object }[];
  readonly ReturnConsumedCapacity?: string;
}

/** Answers transactions in the place of dynalite. What else is asked, it answers itself. */
export function answerTransactions(server: Server, store: Store, operationsOf: OperationsOf): void {
  const listeners = server.listeners('request') as RequestListener[];
  server.removeAllListeners('request');
  server.on('request', (request, response) => {
    if (request.headers['x-amz-target'] !== TARGET) {
      for (const answer of listeners) answer.call(server, request, response);
      return;
    }
    answerOne(request, response, store, operationsOf).catch((error) => response.destroy(error));
  });
}

async function answerOne(
  request: IncomingMessage,
  response: ServerResponse,
  store: Store,
  operationsOf: OperationsOf,
): Promise<void> {
  const question = (await json(request)) as Question;
  const [status, body] = await transact(store, question, operationsOf).then(
    (answer) => [200, answer] as const,
    (error: Failure) => {
      if (!error.statusCode) throw error;
      return [error.statusCode, error.body] as const;
    },
  );
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(body));
}

async function transact(store: Store, question: Question, operationsOf: OperationsOf): Promise<object> {
  const puts = question.TransactItems.map(({ Put }) => checked(store, Put));
  const [first] = puts;
  if (!first || puts.some(({ TableName }) => TableName !== first.TableName)) throw refusal('of one table only');
  const table = await promisify(store.getTable)(first.TableName);
  for (const { Item } of puts) {
    const invalid = db.validateItem(Item, table);
    if (invalid) throw invalid;
  }
  const items = store.getItemDb(first.TableName);
  const keys = puts.map(({ Item }) => db.createKey(Item, table));
  const release = await new Promise<() => void>((resolve) => {
    items.lock(keys, (releasing) => resolve(releasing(() => {})));
  });
  try {
    const before = await Promise.all(keys.map((key) => itemAt(store, first.TableName, key)));
    const failures = puts.map((put, i) => db.checkConditional(put, before[i]));
    if (failures.some(Boolean)) throw cancelled(failures);
    const operations = puts.flatMap(({ Item }, i) => operationsOf(table, keys[i] as string, before[i], Item));
    await promisify(store.db.batch)(operations);
    if (question.ReturnConsumedCapacity === undefined) return {};
    const units = puts.map(({ Item }, i) =>
      Math.max(db.capacityUnits(Item, false, false), db.capacityUnits(before[i], false, false)),
    );
    const CapacityUnits = COST_FACTOR * units.reduce((sum, each) => sum + each, 0);
    return { ConsumedCapacity: [{ TableName: first.TableName, CapacityUnits }] };
  } finally {
    release();
  }
}

/** As dynalite checks a put by itself. @throws Failure */
function checked(store: Store, put: object | undefined): Put {
  if (put === undefined) throw refusal('of puts only');
  // The schema of a put requires both.
  const data = validations.checkTypes(put, putItem.types) as Put;
  validations.checkValidations(data, putItem.types, putItem.custom, store);
  return data;
}

function itemAt(store: Store, table: string, key: string): Promise<Item | undefined> {
  return new Promise((resolve, reject) => {
    store.getItemDb(table).get(key, (error, item) => {
      if (error && error.name !== 'NotFoundError') reject(error);
      else resolve(item);
    });
  });
}

function cancelled(failures: readonly unknown[]): Failure {
  const CancellationReasons = failures.map((failure) =>
    failure ? { Code: 'ConditionalCheckFailed', Message: 'The conditional request failed' } : { Code: 'None' },
  );
  return failure({ __type: CANCELLED, message: 'Transaction cancelled', CancellationReasons });
}

function refusal(what: string): Failure {
  const message = `This endpoint does transactions ${what}.`;
  return failure({ __type: 'com.amazon.coral.validate#ValidationException', message });
}

function failure(body: Failure['body']): Failure {
  return Object.assign(new Error(body.message), { statusCode: 400, body });
}
