// The table as serverless.yml defines it, for whoever makes one that is not deployed: the local endpoint, and tests.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb';
import { load } from 'js-yaml';
import { ROOT } from './build.ts';

export type TableDefinition = Omit<CreateTableCommandInput, 'TableName'>;

interface Service {
  readonly resources: { readonly Resources: { readonly RecordsTable: { readonly Properties: TableDefinition } } };
}

/** Its keys, indexes and billing; what protects it is left to the deployment. */
export async function tableDefinition(): Promise<TableDefinition> {
  const service = load(await readFile(join(ROOT, 'serverless.yml'), 'utf8')) as Service;
  const { AttributeDefinitions, KeySchema, GlobalSecondaryIndexes, BillingMode } =
    service.resources.Resources.RecordsTable.Properties;
  return { AttributeDefinitions, KeySchema, GlobalSecondaryIndexes, BillingMode };
}
