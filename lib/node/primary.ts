// The primary of this process's node, for functions that write or repair.
import { lookUpAhead } from '../config/settings.ts';
import type { Primary } from '../replication/primary.ts';
import { node } from './node.ts';
import { settings } from './process.ts';

// The other node's address goes along with the first question to Parameter Store, so that the first write need not wait for a
// question of its own.
lookUpAhead([settings.peerUrl, settings.peerTokens]);

/** @throws TandemError `not_primary`, `recovering`, and over a durable store `switching` */
export function primary(): Promise<Primary> {
  return node.primary();
}
