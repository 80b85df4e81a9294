// The configuration that a node would have, read before it is started: what is wrong is told once, in a sentence.
import { randomBytes } from 'node:crypto';
import { type Config, clientTokenIn, hasPeerToken, LOCAL_DYNAMODB_PORT, loadConfig } from '../../lib/config/config.ts';
import type { Role } from '../../lib/role.ts';
import { corsOrigins } from '../browsers/known-pages.ts';
import { type PortUse, portOf } from '../ports.ts';

/** The port of the local DynamoDB endpoint. @throws Error when DYNAMODB_PORT is no port */
export function endpointPort(): PortUse {
  return portOf('DYNAMODB_PORT', LOCAL_DYNAMODB_PORT);
}

/** @throws ConfigError naming the variable that is wrong */
export function configOf(role: Role, env: NodeJS.ProcessEnv = process.env): Config {
  // Checked first: the endpoint's URL is made of it, so a wrong port would be reported as a wrong URL.
  endpointPort();
  corsOrigins(env);
  const { PRIMARY_URL, REPLICA_URL } = env;
  const PEER_URL = (role === 'primary' ? REPLICA_URL : PRIMARY_URL) || 'http://127.0.0.1';
  return loadConfig({ ...env, ROLE: role, PEER_URL, IS_OFFLINE: 'true' });
}

/** Where clients need a token, the nodes need a secret one, too: both of this run get the same. */
export function ensurePeerToken(env: NodeJS.ProcessEnv = process.env): void {
  if (clientTokenIn(env) !== undefined && !hasPeerToken(env)) env.PEER_TOKEN = randomBytes(32).toString('hex');
}

/** The environment of a part that has no clients with tokens. */
export function withoutClientTokens(env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(READ|WRITE)_TOKEN/.test(name)));
}

/** The nodes' tables, and where they are. */
export interface Tables {
  readonly endpoint: string;
  readonly tables: readonly string[];
  readonly aws: NonNullable<Config['aws']>;
}

/**
 * Each node needs a data file of its own.
 * @throws ConfigError, and Error when they would share one
 */
export function checkDataFiles(env: NodeJS.ProcessEnv = process.env): void {
  const [primary, replica] = [configOf('primary', env).store, configOf('replica', env).store];
  if (primary.kind !== 'sqlite' || replica.kind !== 'sqlite' || primary.file !== replica.file) return;
  throw new Error(
    'SQLITE_FILE names the data file of one node, and each needs its own. Leave it out, name a folder with SQLITE_FOLDER, or start the nodes one by one.',
  );
}

/**
 * The tables that both nodes store their records in.
 * @returns `undefined` where they store them in no tables
 * @throws ConfigError, and Error when they would share one table
 */
export function tablesOf(env: NodeJS.ProcessEnv = process.env): Tables | undefined {
  const [primary, replica] = [configOf('primary', env), configOf('replica', env)];
  if (primary.store.kind !== 'dynamodb' || replica.store.kind !== 'dynamodb') return undefined;
  if (primary.store.table === replica.store.table) {
    throw new Error(
      'TABLE_NAME names the table of one node, and each needs its own. Leave it out, or start the nodes one by one.',
    );
  }
  const { endpoint } = primary.store;
  return {
    endpoint: endpoint as string,
    tables: [primary.store.table, replica.store.table],
    aws: primary.aws as NonNullable<Config['aws']>,
  };
}
