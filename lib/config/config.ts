// The environment, read and checked once at start. Each error names the variable and says what it should be.
import { join, resolve } from 'node:path';
import { heapLimit } from '../builtin.ts';
import { MAX_WAIT_SECONDS } from '../limits.ts';
import type { Role } from '../role.ts';
import {
  ConfigError,
  checkPurposes,
  type Environment,
  integerVariable,
  oneOf,
  optionalSetting,
  parseTokens,
  parseUrl,
  type Setting,
  setting,
  text,
} from './environment.ts';

export interface Config {
  /** Which of the two nodes this is, called after the role that it begins as. Which one it has now, its store says. */
  readonly role: Role;
  readonly store: { readonly kind: 'memory'; readonly limitBytes: number } | SqliteConfig | DynamoDbConfig;
  /** Absent where no service of AWS is used. */
  readonly aws: AwsConfig | undefined;
  /** What the node calls itself in answers. Absent: as the request has named it. */
  readonly publicUrl: string | undefined;
  /** The URL of the other node. */
  readonly peerUrl: Setting;
  /** The token that the nodes show each other. */
  readonly peerToken: Setting;
  /** The tokens that clients show. Absent: they need none. */
  readonly writeToken: Setting | undefined;
  readonly readToken: Setting | undefined;
  /** How long deletions and expiries are remembered, in milliseconds. */
  readonly retentionMs: number;
  /** How often the scheduled repair compares the nodes without another reason to, in milliseconds. */
  readonly compareEveryMs: number;
  /** How long a request may wait for news, in milliseconds. */
  readonly maxWaitMs: number;
  /** Whether `__fail__` and other faults work. Default: locally they do, deployed they do not. */
  readonly faultInjection: boolean;
  /** `requests`: one line per request for people. `json`: structured lines and metrics. `silent`: neither. */
  readonly log: 'requests' | 'json' | 'silent';
}

export interface SqliteConfig {
  readonly kind: 'sqlite';
  /** The data file of this node, as an absolute path. */
  readonly file: string;
  /** How large it may grow, in bytes. */
  readonly limitBytes: number;
}

export interface DynamoDbConfig {
  readonly kind: 'dynamodb';
  readonly table: string;
  /** Absent: the endpoint of the region. */
  readonly endpoint: string | undefined;
}

export interface AwsConfig {
  readonly region: string;
  /** The region of the other node, where Parameter Store has its URL. */
  readonly peerRegion: string;
  readonly credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
}

/** The port of the endpoint that `npm start` starts, unless DYNAMODB_PORT says otherwise. */
export const LOCAL_DYNAMODB_PORT = 5020;

const MIB = 1024 * 1024;
/** What SQLite has pages for, of 4 KiB each: 16 TiB. */
const MAX_FILE_MB = 16 * 1024 * 1024 - 1;
/** The peer token of two nodes on one laptop whose clients need none. Anybody can read it here. */
const LOCAL_PEER_TOKEN = 'tandem-local-peer-token';

/**
 * @param env the environment; with IS_OFFLINE=true, as the emulator sets it, some defaults differ
 * @throws ConfigError naming the variable that is missing or wrong
 */
export function loadConfig(env: Environment): Config {
  const isLocal = env.IS_OFFLINE === 'true';
  const role = oneOf(env, 'ROLE', ['primary', 'replica']);
  const withDefaults = isLocal ? { ...localDefaults(env, role), ...given(env) } : env;
  const store = storeOf(withDefaults, role, isLocal);
  const clientToken = isLocal ? optionalSetting : setting;
  const settings = {
    peerUrl: setting(env, 'PEER_URL', parseUrl),
    peerToken: setting(withDefaults, 'PEER_TOKEN', parseTokens),
    writeToken: clientToken(env, 'WRITE_TOKEN', parseTokens),
    readToken: clientToken(env, 'READ_TOKEN', parseTokens),
  };
  checkPurposes(settings.peerToken, settings.writeToken, settings.readToken);
  const usesAws = store.kind === 'dynamodb' || Object.values(settings).some((each) => each && 'parameter' in each);
  return {
    role,
    store,
    ...settings,
    publicUrl: env.PUBLIC_URL ? parseUrl('PUBLIC_URL', env.PUBLIC_URL) : undefined,
    aws: usesAws ? awsOf(withDefaults) : undefined,
    retentionMs: integerVariable(env, 'RETENTION_SECONDS', 60, 315_360_000, 86_400) * 1000,
    compareEveryMs: integerVariable(env, 'COMPARE_SECONDS', 0, 86_400, store.kind === 'dynamodb' ? 3600 : 0) * 1000,
    maxWaitMs: integerVariable(env, 'MAX_WAIT_SECONDS', 0, MAX_WAIT_SECONDS, MAX_WAIT_SECONDS) * 1000,
    faultInjection: oneOf(env, 'FAULT_INJECTION', ['on', 'off'], isLocal ? 'on' : 'off') === 'on',
    log: oneOf(env, 'LOG', ['requests', 'json', 'silent'], isLocal ? 'silent' : 'json'),
  };
}

function storeOf(env: Environment, role: Role, isLocal: boolean): Config['store'] {
  const kind = oneOf(env, 'STORE', ['memory', 'sqlite', 'dynamodb'], isLocal ? 'memory' : 'dynamodb');
  if (kind !== 'dynamodb' && !isLocal)
    throw new ConfigError(
      `STORE must be 'dynamodb' in a deployed stage: with '${kind}', every instance of a function would have a store of its own.`,
    );
  if (kind === 'memory')
    return { kind, limitBytes: integerVariable(env, 'MEMORY_LIMIT_MB', 1, 1_000_000, halfTheHeap()) * MIB };
  if (kind === 'sqlite') {
    const limitMb = integerVariable(env, 'SQLITE_LIMIT_MB', 1, MAX_FILE_MB, MAX_FILE_MB);
    return { kind, file: dataFileOf(env, role), limitBytes: limitMb * MIB };
  }
  const table = text(env, 'TABLE_NAME');
  if (!/^[a-zA-Z0-9_.-]{3,255}$/.test(table))
    throw new ConfigError(`TABLE_NAME must be the name of a DynamoDB table, not '${table}'.`);
  const endpoint = env.AWS_ENDPOINT_URL_DYNAMODB;
  return { kind, table, endpoint: endpoint ? parseUrl('AWS_ENDPOINT_URL_DYNAMODB', endpoint) : undefined };
}

/** The data file that a node of this stage has over SQLite, as an absolute path. */
export function dataFileOf(env: Environment, role: Role): string {
  return resolve(env.SQLITE_FILE || join(env.SQLITE_FOLDER || '.data', `${role}.sqlite`));
}

function awsOf(env: Environment): AwsConfig {
  const where = 'AWS Lambda sets it; elsewhere, set it yourself.';
  const region = text(env, 'AWS_REGION', where);
  const sessionToken = env.AWS_SESSION_TOKEN;
  return {
    region: checkRegion('AWS_REGION', region),
    peerRegion: checkRegion('PEER_REGION', env.PEER_REGION || region),
    credentials: {
      accessKeyId: text(env, 'AWS_ACCESS_KEY_ID', where),
      secretAccessKey: text(env, 'AWS_SECRET_ACCESS_KEY', where),
      ...(sessionToken && { sessionToken }),
    },
  };
}

function checkRegion(name: string, region: string): string {
  if (/^[a-z0-9-]{1,63}$/.test(region)) return region;
  throw new ConfigError(`${name} must be a region such as eu-central-1, not '${region}'.`);
}

/** Two nodes on one laptop share a token; with STORE=dynamodb they use the endpoint that `npm start` brings along. */
function localDefaults(env: Environment, role: Role): Environment {
  return {
    PEER_TOKEN: hasPeerToken(env) ? undefined : localPeerToken(env),
    TABLE_NAME: `tandem-${role}`,
    AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${env.DYNAMODB_PORT || LOCAL_DYNAMODB_PORT}`,
    AWS_REGION: 'local',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  };
}

/** Whether the environment says which token the nodes show each other. */
export function hasPeerToken(env: Environment): boolean {
  return Boolean(env.PEER_TOKEN || env.PEER_TOKEN_PARAMETER);
}

/** The variable by which clients of a node need a token, if there is one. */
export function clientTokenIn(env: Environment): string | undefined {
  return ['WRITE_TOKEN', 'READ_TOKEN'].find((name) => env[name] || env[`${name}_PARAMETER`]);
}

/** @throws ConfigError where clients need a token: the routes between the nodes would open everything without it */
function localPeerToken(env: Environment): string {
  const clientToken = clientTokenIn(env);
  if (clientToken === undefined) return LOCAL_PEER_TOKEN;
  throw new ConfigError(
    `PEER_TOKEN is not set, and its default is public: where ${clientToken} is set, give both nodes the same secret PEER_TOKEN. \`npm start\`, which starts both, makes one for itself.`,
  );
}

/** The variables that are not empty: an empty one counts as not set. */
function given(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value));
}

/** @returns MiB. The estimate of what records take is a rough one: the rest of the heap is its margin */
function halfTheHeap(): number {
  return Math.floor(heapLimit() / MIB / 2);
}
