// The store of this process's node. Only the configured engine is loaded.
import { ConfigError } from '../config/environment.ts';
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
  if (!config.aws) throw new ConfigError('STORE=dynamodb needs AWS_REGION and credentials.');
  const { region, credentials } = config.aws;
  const isReplica = config.role === 'replica';
  return dynamoDbStore({ table, endpoint, region, credentials, isReplica, retentionMs: config.retentionMs });
}
