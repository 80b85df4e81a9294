// Failures of DynamoDB: the request was not done, or perhaps done, or the configuration is wrong.
import { ConditionalCheckFailedException, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { ConfigError } from '../../config/environment.ts';
import { TandemError } from '../../errors.ts';

/** A request whose answer was lost: it may have been done, or will be yet. */
export class Unanswered extends Error {
  override readonly name = 'Unanswered';

  constructor(cause: Error) {
    super(`DynamoDB gave no answer: ${cause.message}`, { cause });
  }
}

const THROTTLED = new Set([
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'ThrottlingException',
  'LimitExceededException',
]);
/** Another transaction is under way with the same item. */
const IN_TRANSACTION = new Set(['TransactionConflictException', 'TransactionInProgressException']);
/** Why one request of a transaction was not done, and with it none, and may be another time. */
const TRANSIENT_REASONS = new Set(['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded']);
const CONDITION_FAILED = 'ConditionalCheckFailed';
/** Codes of Node for a request that has not left. */
const UNSENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);
/** Codes of the system, of Node's HTTP parser and of TLS. */
const OF_THE_NETWORK = /^(E[A-Z]+$|HPE_|ERR_SSL_|ERR_TLS_|CERT_)/;
/** Names of errors for a request that we or the SDK gave up, or an answer that is not DynamoDB's. */
const NO_ANSWER = new Set(['AbortError', 'TimeoutError', 'SyntaxError']);

/** Whether a request has certainly not been done, and may be another time. */
export function isUndone(error: Error): boolean {
  return THROTTLED.has(error.name) || UNSENT.has(codeOf(error)) || isInTransaction(error);
}

/** A transaction is also cancelled when its table is asked too much: it may be tried again all the same. */
function isInTransaction(error: Error): boolean {
  if (IN_TRANSACTION.has(error.name)) return true;
  if (!(error instanceof TransactionCanceledException) || failedConditions(error)) return false;
  return (error.CancellationReasons ?? []).some(({ Code = '' }) => TRANSIENT_REASONS.has(Code));
}

/** Whether it may have been done all the same. */
export function isAmbiguous(error: Error): boolean {
  const { httpStatusCode = 0 } = (error as { $metadata?: { httpStatusCode?: number } }).$metadata ?? {};
  return httpStatusCode >= 500 || isWithoutAnswer(error);
}

/** Whether nothing came back that is DynamoDB's: perhaps the connection has died. */
export function isWithoutAnswer(error: Error): boolean {
  return NO_ANSWER.has(error.name) || OF_THE_NETWORK.test(codeOf(error));
}

/** The code that Node gives an error of the system; empty for any other error. */
function codeOf(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : '';
}

/** The error that a client sees when the store does not answer. */
export function unavailable(error: Error): TandemError {
  const reason =
    THROTTLED.has(error.name) || isInTransaction(error) ? 'takes no more requests at the moment' : 'does not answer';
  const told = new TandemError('store_unavailable', `The store ${reason}. Try again.`);
  told.cause = error;
  return told;
}

/** The error that a client sees when other writes have come in between again and again. */
export function contended(): TandemError {
  return new TandemError('store_unavailable', 'The key is being written by too many at once. Try again.');
}

/** The failure of a condition, with the item that made it fail, if that was sent along; `null` for any other error. */
export function failedCondition(error: unknown): ConditionalCheckFailedException | null {
  return error instanceof ConditionalCheckFailedException ? error : null;
}

/** The positions of the conditions that made a transaction fail; `null` for any other error. */
export function failedConditions(error: unknown): number[] | null {
  if (!(error instanceof TransactionCanceledException)) return null;
  const failed = (error.CancellationReasons ?? []).flatMap(({ Code }, i) => (Code === CONDITION_FAILED ? i : []));
  return failed.length > 0 ? failed : null;
}

/** Which table is asked, and where. */
export interface TableLocation {
  readonly table: string;
  readonly region: string;
  readonly endpoint: string | undefined;
}

/** @returns the error at start that says which variable is wrong; `undefined` when nothing is, as far as is known */
export function configErrorOf(error: Error, { table, region, endpoint }: TableLocation): ConfigError | undefined {
  const where = endpoint ?? region;
  switch (error.name) {
    case 'ResourceNotFoundException':
      return new ConfigError(`TABLE_NAME must be the name of a table that exists: there is no '${table}' at ${where}.`);
    case 'AccessDeniedException':
      return new ConfigError(`TABLE_NAME must be a table that these credentials may use: ${error.message}`);
    case 'UnrecognizedClientException':
    case 'InvalidSignatureException':
    case 'IncompleteSignatureException':
    case 'MissingAuthenticationTokenException':
    case 'ExpiredTokenException':
      return new ConfigError(
        `AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN must be valid credentials: ${error.message}`,
      );
    default:
  }
  const code = codeOf(error.cause ?? error);
  if (endpoint !== undefined && UNSENT.has(code)) {
    return new ConfigError(
      `AWS_ENDPOINT_URL_DYNAMODB must be the address of a DynamoDB endpoint: nothing answers at ${endpoint}. Start one with \`npm run dynamodb\`.`,
    );
  }
  if (code === 'ENOTFOUND')
    return new ConfigError(`AWS_REGION must be a region of AWS: no DynamoDB is found in '${region}'.`);
  return undefined;
}
