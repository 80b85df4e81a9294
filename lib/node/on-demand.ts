// Parts of this process's node that are loaded where they are needed: functions that do not need them start without them. An
// import takes Node longer each time than all else that a read does, so each is made once.
import type { PairNode } from '../replication/pair-node.ts';
import type { Roles } from '../replication/roles.ts';
import type { Role } from '../role.ts';
import { loadMemoryNode } from './load-memory-node.ts';
import { config } from './process.ts';

let loadingNode: Promise<PairNode> | undefined;
let loadingRoles: Promise<Roles> | undefined;
let loadedRoles: Roles | undefined;

export function loadNode(): Promise<PairNode> {
  loadingNode ??= import('./node.ts').then(({ node }) => node);
  return loadingNode;
}

/** @throws what opening the store throws */
export function loadRoles(): Promise<Roles> {
  loadingRoles ??= importRoles();
  return loadingRoles;
}

async function importRoles(): Promise<Roles> {
  const { roles } = config.store.kind === 'memory' ? await loadMemoryNode() : await import('./roles.ts');
  loadedRoles = roles;
  return roles;
}

/** The role that this process last read; `undefined` when it has had no need to. */
export function believedRole(): Role | undefined {
  return loadedRoles?.believed.role;
}
