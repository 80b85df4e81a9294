// The store of this process's node, and the role that a durable one keeps. Only the configured engine is loaded.
import { ConfigError } from '../config/environment.ts';
import { Roles } from '../replication/roles.ts';
import type { Store } from '../store/store.ts';
import { onListed } from './events.ts';
import { clock, config, log } from './process.ts';
import { onChanged } from './waiting.ts';

export const store: Store = await open();

/** The role over a durable store. Absent in memory: there the node itself has it, see roles.ts. */
export const durableRoles = store.nodeState && new Roles(store, clock, config.role);

async function open(): Promise<Store> {
  if (config.store.kind === 'memory') {
    const { memoryStore } = await import('../store/memory/store.ts');
    return memoryStore(config.store.limitBytes, { onListed, onChanged });
  }
  if (config.store.kind === 'sqlite') {
    const { sqliteStore } = await import('../store/sqlite/store.ts');
    const opened = sqliteStore({ ...config.store, node: config.role, log, onListed, onChanged });
    // What is on disk is whole without it: it spares the next start some work.
    process.once('exit', () => opened.close());
    return opened;
  }
  const { dynamoDbStore } = await import('../store/dynamodb/store.ts');
  const { table, endpoint } = config.store;
  if (!config.aws) throw new ConfigError('STORE=dynamodb needs AWS_REGION and credentials.');
  const { region, credentials } = config.aws;
  const isReplica = () => durableRoles?.believed.role === 'replica';
  return dynamoDbStore({ table, endpoint, region, credentials, isReplica, retentionMs: config.retentionMs, onListed });
}
