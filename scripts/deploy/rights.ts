// What each function may do when it is deployed: its role is made of this table, and allows nothing else. Both stages have
// the same, since either node can lead.
export interface Rights {
  /** What it does with the table. */
  readonly table?: keyof typeof TABLE_ACTIONS;
  /** The indexes that it queries. */
  readonly queries?: readonly Index[];
  /** What it reads from Parameter Store. */
  readonly settings?: readonly Setting[];
}

type Index = 'keys' | 'backlog';
/** A variable of the environment is called like this, with `_PARAMETER` at its end. */
export type Setting = 'PEER_URL' | 'PEER_TOKEN' | 'WRITE_TOKEN' | 'READ_TOKEN';

/** Whoever loads the store looks at what table it is. */
const READ = ['dynamodb:DescribeTable', 'dynamodb:GetItem'] as const;
/** What the node knows of the other one, and its role. */
const HEAR = [...READ, 'dynamodb:UpdateItem'] as const;
const WRITE = [...HEAR, 'dynamodb:PutItem'] as const;

export const TABLE_ACTIONS = {
  read: READ,
  hear: HEAR,
  write: WRITE,
} as const;

/** What that takes of a customer's key, if the table is encrypted with one: DynamoDB uses it in the name of who asks. */
const OPEN = ['kms:Decrypt', 'kms:DescribeKey'] as const;
const SEAL = [
  ...OPEN,
  'kms:Encrypt',
  'kms:GenerateDataKey',
  'kms:GenerateDataKeyWithoutPlaintext',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
] as const;

export const KEY_ACTIONS: Readonly<Record<keyof typeof TABLE_ACTIONS, readonly string[]>> = {
  read: OPEN,
  hear: SEAL,
  write: SEAL,
};

/** The write token reads, too. */
const CLIENTS: readonly Setting[] = ['WRITE_TOKEN', 'READ_TOKEN'];
const WRITERS: readonly Setting[] = ['WRITE_TOKEN'];
const PEER: readonly Setting[] = ['PEER_URL', 'PEER_TOKEN'];

/** Writes and repairs, and whatever heals beside. A node that does not lead says where the other one is. */
const HEALS = { table: 'write', queries: ['keys', 'backlog'] } as const satisfies Rights;

const RIGHTS: Readonly<Record<string, Rights>> = {
  get: { table: 'read', settings: CLIENTS },
  'key-status': { table: 'read', settings: CLIENTS },
  list: { table: 'read', queries: ['keys'], settings: CLIENTS },
  batch: { ...HEALS, settings: [...PEER, ...CLIENTS] },
  divergent: { table: 'read', queries: ['keys'], settings: CLIENTS },
  backlog: { table: 'read', queries: ['backlog'], settings: ['PEER_URL', ...CLIENTS] },
  put: { ...HEALS, settings: [...PEER, ...WRITERS] },
  patch: { ...HEALS, settings: [...PEER, ...WRITERS] },
  delete: { ...HEALS, settings: [...PEER, ...WRITERS] },
  acknowledge: { ...HEALS, settings: [...PEER, ...WRITERS] },
  repair: { ...HEALS, settings: [...PEER, ...WRITERS] },
  'scheduled-repair': { ...HEALS, settings: PEER },
  switchover: { ...HEALS, settings: PEER },
  promote: { table: 'hear', queries: ['backlog'], settings: [...PEER, ...WRITERS] },
  'node-status': { table: 'hear', queries: ['keys', 'backlog'], settings: [...PEER, ...CLIENTS] },
  handshake: { table: 'hear', queries: ['backlog'], settings: ['PEER_TOKEN'] },
  replicate: { table: 'write', settings: ['PEER_TOKEN'] },
  digest: { table: 'hear', queries: ['keys', 'backlog'], settings: ['PEER_TOKEN'] },
  // Over DynamoDB there are none.
  changes: { settings: CLIENTS },
  faults: { settings: CLIENTS },
  events: { settings: CLIENTS },
  health: { table: 'read', settings: CLIENTS },
  openapi: {},
  fallback: {},
};

/**
 * @param name of a function, as in serverless.yml @param environment of all functions
 * @returns `undefined` when the table has nothing of it
 */
export function rightsOf(name: string, environment: Readonly<Record<string, unknown>>): Rights | undefined {
  const rights = RIGHTS[name];
  // It says which fault is always on, which depends on the role of the node.
  return name === 'faults' && environment.FAULT_INJECTION === 'on' ? { ...rights, table: 'read' } : rights;
}
