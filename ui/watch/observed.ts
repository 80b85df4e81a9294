// A look as the recording keeps it.
import type { Look } from '../recording/observation.ts';
import type { Seen } from './seen.ts';

type Written<T> = { -readonly [K in keyof T]: T[K] };

/** Of a node that does not answer only that: what it said before is in the looks before. */
export function observedLook({ state, isAnswering, role, status, detail, why }: Seen): Look {
  const look: Written<Look> = { state: state ?? 'down' };
  const reason = isAnswering ? (why ?? status?.replica?.error) : detail;
  if (reason) look.why = reason;
  if (!isAnswering) return look;
  if (role) look.role = role;
  if (!status) return look;
  const epoch = status.epoch ?? status.highestEpoch;
  look.id = status.id;
  look.keys = status.keys;
  if (epoch) look.epoch = epoch;
  if (status.backlog) {
    look.backlog = status.backlog.count;
    look.oldestAgeMs = status.backlog.oldestAgeMs;
  }
  if (status.inSync !== undefined) look.inSync = status.inSync;
  if (status.divergent !== undefined) look.divergent = status.divergent;
  // On DynamoDB every function has a circuit of its own, and only a repair leaves behind how it went.
  if (status.replica?.circuit && status.store !== 'dynamodb') look.circuit = status.replica.circuit;
  return look;
}
