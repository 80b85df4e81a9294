// Requests to DynamoDB: bounded in time, and repeated where that cannot do anything twice.
import {
  DynamoDBClient,
  type DynamoDBClientConfig,
  type ServiceInputTypes,
  type ServiceOutputTypes,
} from '@aws-sdk/client-dynamodb';
import { ExponentialBackoff, handleWhen, type RetryPolicy, retry } from 'cockatiel';
import { nodeHttp } from '../../builtin.ts';
import { closeIdle } from '../../idle-connections.ts';
import { isAmbiguous, isUndone, isWithoutAnswer, type TableLocation, Unanswered, unavailable } from './failure.ts';

/** Time limit until the answer to one request begins, in milliseconds. */
const REQUEST_MS = 2000;
/** Time limit of an operation, all its requests and the waits between them, in milliseconds. */
const OPERATION_MS = 5000;
/** Connections at once; as the SDK has it by itself. */
const MAX_SOCKETS = 50;
/** Tries after the first one, with decorrelated jitter between these waits (milliseconds). */
const RETRIES = 3;
const WAIT = { initialDelay: 30, maxDelay: 1000 };

/** Switches the SDK's retries off: here it is known what may be done twice. */
const NO_RETRIES: NonNullable<DynamoDBClientConfig['retryStrategy']> = { retry: (next, args) => next(args) };

export interface ClientOptions extends TableLocation {
  readonly credentials: NonNullable<DynamoDBClientConfig['credentials']>;
}

type Command<I extends ServiceInputTypes, O extends ServiceOutputTypes> = Parameters<
  typeof DynamoDBClient.prototype.send<I, O>
>[0];

/** Ends all requests of one operation when its time is over. */
export type OperationLimit = AbortSignal;

export interface Client {
  readonly table: string;
  /**
   * Asks something that may be asked twice: a read, or a write that is conditional on its not having been done.
   * @throws TandemError `store_unavailable`; what else DynamoDB answers as it is
   */
  ask<I extends ServiceInputTypes, O extends ServiceOutputTypes>(
    command: Command<I, O>,
    limit?: OperationLimit,
  ): Promise<O>;
  /**
   * Asks for something that must not be done twice: it is tried again only when it has certainly not been done.
   * @throws Unanswered when it is not known whether it was done; else as `ask`
   */
  askOnce<I extends ServiceInputTypes, O extends ServiceOutputTypes>(
    command: Command<I, O>,
    limit: OperationLimit,
  ): Promise<O>;
}

/** The limit of an operation that begins now. */
export function newLimit(): OperationLimit {
  return AbortSignal.timeout(OPERATION_MS);
}

export function createClient({ table, region, endpoint, credentials }: ClientOptions): Client {
  const { Agent } = nodeHttp(endpoint ?? 'https:');
  const agent = new Agent({ keepAlive: true, maxSockets: MAX_SOCKETS });
  const dynamodb = new DynamoDBClient({
    region,
    credentials,
    retryStrategy: NO_RETRIES,
    // Not a signal for each request: making and joining signals cost as much as all else that we do for a request.
    requestHandler: { requestTimeout: REQUEST_MS, throwOnRequestTimeout: true, httpAgent: agent, httpsAgent: agent },
    ...(endpoint && { endpoint }),
  });
  const backoff = new ExponentialBackoff(WAIT);
  const retryIf = (test: (error: Error) => boolean) =>
    retry(
      handleWhen((error) => test(error as Error)),
      { maxAttempts: RETRIES, backoff },
    );
  const ifUndone = retryIf(isUndone);
  const ifTransient = retryIf((error) => isUndone(error) || isAmbiguous(error));

  function send<I extends ServiceInputTypes, O extends ServiceOutputTypes>(
    policy: RetryPolicy,
    command: Command<I, O>,
    limit: OperationLimit,
  ): Promise<O> {
    return policy.execute(
      () =>
        dynamodb.send(command, { abortSignal: limit }).catch((error) => {
          if (isWithoutAnswer(error)) closeIdle(agent);
          throw error;
        }),
      limit,
    );
  }

  return {
    table,
    ask: (command, limit = newLimit()) =>
      send(ifTransient, command, limit).catch((error) => {
        throw isUndone(error) || isAmbiguous(error) ? unavailable(error) : error;
      }),
    askOnce: (command, limit) =>
      send(ifUndone, command, limit).catch((error) => {
        if (isUndone(error)) throw unavailable(error);
        throw isAmbiguous(error) ? new Unanswered(error) : error;
      }),
  };
}

/** Asks nothing before `ready` has resolved. */
export function clientOnce(ready: () => Promise<unknown>, client: Client): Client {
  return {
    table: client.table,
    ask: async (command, limit) => {
      await ready();
      return client.ask(command, limit);
    },
    askOnce: async (command, limit) => {
      await ready();
      return client.askOnce(command, limit);
    },
  };
}
