// Several conditional puts in one step: all of them, or none.
import { type PutItemCommandInput, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import type { Client, OperationLimit } from './client.ts';
import { failedConditions } from './failure.ts';

export type ConditionalPut = Required<
  Pick<PutItemCommandInput, 'TableName' | 'Item' | 'ConditionExpression' | 'ReturnValuesOnConditionCheckFailure'>
> &
  Pick<PutItemCommandInput, 'ExpressionAttributeNames' | 'ExpressionAttributeValues'>;

/**
 * May be asked for twice where a put makes its own condition false.
 * @returns which of the puts have a condition that failed, by their positions; none: all of them were done
 */
export async function putTogether(
  client: Client,
  puts: readonly ConditionalPut[],
  limit: OperationLimit,
): Promise<number[]> {
  try {
    await client.ask(new TransactWriteItemsCommand({ TransactItems: puts.map((Put) => ({ Put })) }), limit);
    return [];
  } catch (error) {
    const failed = failedConditions(error);
    if (!failed) throw error;
    return failed;
  }
}
