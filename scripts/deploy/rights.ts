// What each function may do when it is deployed: its role is made of this table, and allows nothing else.
import type { Role } from '../../lib/role.ts';

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
const OPEN = ['dynamodb:DescribeTable'] as const;
const READ = [...OPEN, 'dynamodb:GetItem'] as const;
const WRITE = [...READ, 'dynamodb:PutItem', 'dynamodb:UpdateItem'] as const;

export const TABLE_ACTIONS = {
  open: OPEN,
  read: READ,
  write: WRITE,
} as const;

/** The write token reads, too. */
const CLIENTS: readonly Setting[] = ['WRITE_TOKEN', 'READ_TOKEN'];
const WRITERS: readonly Setting[] = ['WRITE_TOKEN'];
const PEER: readonly Setting[] = ['PEER_URL', 'PEER_TOKEN'];

const ON_BOTH = {
  get: { table: 'read', settings: CLIENTS },
  'key-status': { table: 'read', settings: CLIENTS },
  digest: { table: 'read', queries: ['keys'], settings: ['PEER_TOKEN'] },
  handshake: { table: 'read', settings: ['PEER_TOKEN'] },
  faults: { settings: CLIENTS },
  health: { table: 'read', settings: CLIENTS },
  openapi: {},
  fallback: {},
} as const satisfies Record<string, Rights>;

const HEALS = { table: 'write', queries: ['keys', 'backlog'] } as const satisfies Rights;
/** It tells a client whose token is right where the primary is. */
const REFUSES = { table: 'open', settings: ['PEER_URL', ...WRITERS] } as const satisfies Rights;

export const RIGHTS: Readonly<Record<Role, Readonly<Record<string, Rights>>>> = {
  primary: {
    ...ON_BOTH,
    list: { table: 'read', queries: ['keys'], settings: CLIENTS },
    put: { ...HEALS, settings: [...PEER, ...WRITERS] },
    delete: { ...HEALS, settings: [...PEER, ...WRITERS] },
    repair: { ...HEALS, settings: [...PEER, ...WRITERS] },
    promote: { table: 'write', settings: [...PEER, ...WRITERS] },
    'scheduled-repair': { ...HEALS, settings: PEER },
    'node-status': { table: 'read', queries: ['keys', 'backlog'], settings: [...PEER, ...CLIENTS] },
    backlog: { table: 'read', queries: ['backlog'], settings: CLIENTS },
    replicate: { table: 'open', settings: PEER },
  },
  replica: {
    ...ON_BOTH,
    list: { table: 'read', queries: ['keys'], settings: CLIENTS },
    put: REFUSES,
    delete: REFUSES,
    repair: REFUSES,
    promote: REFUSES,
    'scheduled-repair': { table: 'open' },
    'node-status': { table: 'read', queries: ['keys'], settings: [...PEER, ...CLIENTS] },
    backlog: { table: 'open', settings: ['PEER_URL', ...CLIENTS] },
    replicate: { table: 'write', settings: ['PEER_TOKEN'] },
  },
};
