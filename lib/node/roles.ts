// The role of this process's node, and what it needs to know of it. Over a durable store this loads no primary and no
// replica: a function that only reads starts without them.
import type { Roles } from '../replication/roles.ts';
import { loadMemoryNode } from './load-memory-node.ts';
import { durableRoles } from './store.ts';

export const roles: Roles = durableRoles ?? (await loadMemoryNode()).roles;
