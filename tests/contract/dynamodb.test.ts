import { dynamoDbContract } from './dynamodb.ts';

/** Another endpoint than the tests' own: see docs/dynamodb.md. */
const given = process.env.DYNAMODB_TEST_ENDPOINT;

// AWS takes seconds to make a table. In tests' own endpoint indexes do not lag.
dynamoDbContract({ name: 'dynamodb', given, ...(given ? { numRuns: 2, lagMs: 5000 } : { numRuns: 10 }) });
