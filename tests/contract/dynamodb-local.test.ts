// DynamoDB Local describes tables without a TableId, by which contents are known elsewhere.
import { startDynamoDbProxy } from '../support/dynamodb-proxy.ts';
import { dynamoDbContract } from './dynamodb.ts';
import { contentsContract } from './store.ts';

dynamoDbContract(
  {
    name: 'dynamodb local',
    numRuns: 3,
    inFrontOf: (endpoint) => startDynamoDbProxy(endpoint, { hidesTableIds: true }),
  },
  contentsContract,
);
