// Nodes made of the built artifact over tables of their own.
import { type ArtifactPair, artifactPair } from './artifact.ts';
import type { TestDynamoDb } from './dynamodb.ts';

export async function artifactPairOn(dynamodb: TestDynamoDb): Promise<ArtifactPair> {
  const { accessKeyId, secretAccessKey } = dynamodb.credentials;
  const env = {
    STORE: 'dynamodb',
    AWS_REGION: dynamodb.region,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_ENDPOINT_URL_DYNAMODB: dynamodb.endpoint,
  };
  const [primary, replica] = [await dynamodb.createTable(), await dynamodb.createTable()];
  return artifactPair(env, { primary: { TABLE_NAME: primary }, replica: { TABLE_NAME: replica } });
}
