// DynamoDB Local describes tables without a TableId.
import { startDynamoDbProxy } from '../support/dynamodb-proxy.ts';
import { dynamoDbContract } from './dynamodb.ts';

dynamoDbContract({
  name: 'dynamodb local',
  numRuns: 3,
  inFrontOf: (endpoint) => startDynamoDbProxy(endpoint, { hidesTableIds: true }),
});
