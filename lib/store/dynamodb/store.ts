// The store on DynamoDB: one item a record, one conditional request a change. What it costs: docs/dynamodb.md.
import { DescribeTableCommand, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { ConfigError } from '../../config/environment.ts';
import { TandemError } from '../../errors.ts';
import type { StoredRecord } from '../../record.ts';
import { writerOf } from '../base.ts';
import type { Entry, Store } from '../store.ts';
import { applier } from './apply.ts';
import { backlogOf } from './backlog.ts';
import { type ClientOptions, clientOnce, createClient, type OperationLimit } from './client.ts';
import { contentsIdOf } from './contents-id.ts';
import { divergentOf } from './divergent.ts';
import { configErrorOf } from './failure.ts';
import { entryOf, type Item } from './item.ts';
import { keysOf } from './keys.ts';
import { epochSeen, nodeStateOf } from './node-state.ts';
import { notesOf } from './notes.ts';
import { roleStateOf } from './role-state.ts';
import { settler } from './settle.ts';
import { flawOf, recordKey } from './table.ts';
import { writer } from './write.ts';

export interface DynamoDbOptions extends ClientOptions {
  /** How long after its death, in milliseconds, a record may be forgotten. */
  readonly retentionMs: number;
  /** Whether this node is the replica now: it reads eventually. A primary reads consistently, for twice the price. */
  readonly isReplica: () => boolean;
  /** Called with each record that lists a divergent write, when that is listed here. */
  readonly onListed?: ((listed: StoredRecord) => void) | undefined;
}

/**
 * Opens a table.
 * @throws ConfigError when the table, its shape, the region or the credentials are wrong, naming the variable. That
 * DynamoDB does not answer is no reason: each operation says so until it does
 */
export async function dynamoDbStore(options: DynamoDbOptions): Promise<Store> {
  const { table, retentionMs, isReplica, onListed } = options;
  const unchecked = createClient(options);
  const client = clientOnce(tableId, unchecked);
  let id: string | undefined;
  let opening: Promise<string> | undefined;

  async function open(): Promise<string> {
    const { Table = {} } = await unchecked.ask(new DescribeTableCommand({ TableName: table })).catch((error) => {
      throw (error instanceof TandemError ? undefined : configErrorOf(error, options)) ?? error;
    });
    const flaw = flawOf(Table);
    if (flaw) throw new ConfigError(`TABLE_NAME must be a table as serverless.yml makes it: of '${table}', ${flaw}.`);
    const contentsId = contentsIdOf(Table);
    if (contentsId === undefined)
      throw new ConfigError(`TABLE_NAME: the endpoint tells neither a TableId of '${table}' nor when it was made.`);
    id = contentsId;
    return contentsId;
  }

  /** Checks the table once, before the first request to it. */
  function tableId(): Promise<string> {
    opening ??= open().catch((error) => {
      opening = undefined;
      throw error;
    });
    return opening;
  }

  async function read(key: string, ConsistentRead: boolean, limit?: OperationLimit): Promise<Item | undefined> {
    const command = new GetItemCommand({ TableName: table, Key: recordKey(key), ConsistentRead });
    return (await client.ask(command, limit)).Item;
  }

  const readNow = (key: string, limit?: OperationLimit) => read(key, true, limit);
  const entryNow = async (key: string) => entryIn(await readNow(key));
  const get = async (key: string) => entryIn(await read(key, !isReplica()));
  const ownName = async () => writerOf(await tableId());
  const listedOptions = { client, read: readNow, retentionMs, ownName, onListed };
  const notes = notesOf(client, tableId);
  const { raiseEpoch, isComplete, completed, ...nodeState } = nodeStateOf(client, tableId, notes);

  // A refused connection or an unknown host is a wrong setting only at the start; later it is an outage.
  await tableId().catch((error) => {
    const wrong = configErrorOf(error, options) ?? error;
    if (!(wrong instanceof TandemError)) throw wrong;
  });
  return {
    ...keysOf(client, get),
    ...roleStateOf(notes),
    kind: 'dynamodb',
    nodeState,
    get id() {
      if (id !== undefined) return id;
      throw new TandemError('store_unavailable', 'The store has not been reached yet. Try again.');
    },
    highestEpoch: async () => epochSeen(await nodeState.epochs()),
    raiseEpoch,
    isComplete,
    completed,
    get,
    write: writer(listedOptions),
    apply: applier(listedOptions),
    settle: settler(client, retentionMs, readNow),
    ...backlogOf(client, entryNow),
    isBacklogCounted: false,
    ...divergentOf(client, entryNow),
    // DynamoDB forgets by itself what has a time to live.
    forget: async () => 0,
  };
}

function entryIn(item: Item | undefined): Entry | undefined {
  return item && entryOf(item);
}
