// The store of this process's node. Of the engines only the one that is configured is loaded.
import type { AwsConfig } from '../config/config.ts';
import type { Store } from '../store/store.ts';
import { config } from './process.ts';

export const store: Store = await open();

async function open(): Promise<Store> {
  if (config.store.kind === 'memory') {
    const { memoryStore } = await import('../store/memory/store.ts');
    return memoryStore(config.store.limitBytes);
  }
  const { dynamoDbStore } = await import('../store/dynamodb/store.ts');
  const { table, endpoint } = config.store;
  const { region, credentials } = config.aws as AwsConfig;
  const isReplica = config.role === 'replica';
  return dynamoDbStore({ table, endpoint, region, credentials, isReplica, retentionMs: config.retentionMs });
}
