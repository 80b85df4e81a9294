// Requests that only the primary takes: a node that does not lead refuses them, and says where the other one is.
import { TandemError } from '../errors.ts';
import { loadNode, loadRoles } from '../node/on-demand.ts';
import { peerUrlIfKnown } from '../node/process.ts';
import { switching } from '../replication/switchover.ts';

/** @throws TandemError `not_primary`, or `switching` where this node is about to lead */
export async function requireLead(): Promise<void> {
  const roles = await loadRoles();
  const { role } = await roles.now();
  if (role === 'replica') throw await notLeading();
}

/** The refusal of what led until a moment ago, too: that knows no address. */
export async function withAddress(error: unknown): Promise<unknown> {
  const isBare = error instanceof TandemError && error.code === 'not_primary' && error.extra.primary === undefined;
  return isBare ? notLeading() : error;
}

async function notLeading(): Promise<TandemError> {
  const node = await loadNode();
  if (node.isTakingLead) return switching();
  const url = await peerUrlIfKnown();
  const detail = `This node is the replica and takes no writes. Send it to the primary${url ? `: ${url}` : '.'}`;
  return new TandemError('not_primary', detail, { ...(url && { primary: url }) });
}
