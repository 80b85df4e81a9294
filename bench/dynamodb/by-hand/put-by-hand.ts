// What PUT asks of others, and nothing else: the write, the request to the replica, the note that it was acknowledged.
import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { DynamoDBClient, UpdateItemCommand, type UpdateItemCommandInput } from '@aws-sdk/client-dynamodb';
import { clientOptions } from '../client-options.ts';

/** The requests of one PUT, made beforehand. */
export interface PutByHand {
  readonly write: UpdateItemCommandInput;
  /** The body of `POST /replicate`. */
  readonly batch: string;
  /** Lacks the version, which the write tells. */
  readonly settle: UpdateItemCommandInput;
}

const client = new DynamoDBClient(clientOptions());
const agent = new Agent({ keepAlive: true });
const url = new URL('/replicate', process.env.PEER_URL);

export const handler = async ({ write, batch, settle }: PutByHand) => {
  const { Attributes } = await client.send(new UpdateItemCommand(write));
  const version = Number(Attributes?.version?.N ?? 0) + 1;
  const status = await post(batch);
  if (status !== 200) return { statusCode: status };
  const ExpressionAttributeValues = { ...settle.ExpressionAttributeValues, ':version': { N: `${version}` } };
  await client.send(new UpdateItemCommand({ ...settle, ExpressionAttributeValues }));
  return { statusCode: 200 };
};

function post(body: string): Promise<number> {
  const headers = {
    authorization: `Bearer ${process.env.PEER_TOKEN}`,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  };
  return new Promise((resolve, reject) => {
    const asking = request(url, { method: 'POST', agent, headers }, async (response) => {
      JSON.parse(await text(response));
      resolve(response.statusCode ?? 0);
    });
    asking.on('error', reject);
    asking.end(body);
  });
}
