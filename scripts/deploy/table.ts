// What the deployment adds to the table of serverless.yml: capacity to begin with, a customer's key, and its place as the last
// resource that is made.
import { integerParam } from './param.ts';
import type { Resource } from './template.ts';

/** From `custom.deploy` in serverless.yml. Each may be empty. */
export interface TableSettings {
  /** ARN of the customer's key in KMS; empty: the one that AWS keeps for DynamoDB in this account. */
  readonly kmsKey: string;
  /** Units per second that the table, and each of its indexes, can take at once; empty: what AWS begins with. */
  readonly warmReads: number | string;
  readonly warmWrites: number | string;
}

/** What a new table on demand can take at once, in units per second. DynamoDB refuses to be warmed to less. */
const COLD = { reads: 12_000, writes: 4000 };
const KEY_ARN = /^arn:[\w-]+:kms:[\w-]+:\d{12}:key\/[\w-]+$/;

/** @throws Error naming the param that is wrong */
export function tableWith(table: Resource, settings: TableSettings): Resource {
  const { GlobalSecondaryIndexes: indexes, ...properties } = table.Properties;
  const warm = warmThroughput(settings);
  return {
    ...table,
    Properties: {
      ...properties,
      GlobalSecondaryIndexes: indexes.map((index: object) => ({ ...index, ...warm })),
      ...warm,
      ...encryption(settings),
    },
  };
}

/** @returns `undefined` where it is empty @throws Error when it is none: alias and id would not do in a policy */
export function customerKey({ kmsKey }: Pick<TableSettings, 'kmsKey'>): string | undefined {
  if (kmsKey === '') return undefined;
  if (KEY_ARN.test(kmsKey)) return kmsKey;
  throw new Error(`The param kmsKey must be the ARN of a key (arn:aws:kms:…:key/…), not '${kmsKey}'.`);
}

/**
 * Makes a table after all else in a stack. It is protected from being deleted from the beginning, so that a deployment which
 * failed after the table was made could not take it back.
 */
export function makeLast(resources: Record<string, Resource>, table: string): void {
  const others = Object.keys(resources).filter((id) => id !== table);
  resources[table] = { ...(resources[table] as Resource), DependsOn: others };
}

function warmThroughput({ warmReads, warmWrites }: TableSettings): object {
  const units = {
    ...(warmReads !== '' && { ReadUnitsPerSecond: integerParam('warmReads', warmReads, COLD.reads) }),
    ...(warmWrites !== '' && { WriteUnitsPerSecond: integerParam('warmWrites', warmWrites, COLD.writes) }),
  };
  return Object.keys(units).length > 0 ? { WarmThroughput: units } : {};
}

function encryption(settings: TableSettings): object {
  const key = customerKey(settings);
  return key === undefined ? {} : { SSESpecification: { SSEEnabled: true, SSEType: 'KMS', KMSMasterKeyId: key } };
}
