// Tells which role a node has, in which state and epoch, whenever one of them is another one.
import type { Clock } from '../clock.ts';
import type { Store } from '../store/store.ts';
import type { Happened } from '../telemetry/events.ts';
import type { Log } from '../telemetry/log.ts';
import { stateOf } from './describe.ts';
import type { Roles } from './roles.ts';

export interface RoleTellerOptions {
  readonly happened?: Happened;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly roles: Roles;
  readonly isRecovering: () => boolean;
  /** That this node writes in, if it leads and has begun one: in milliseconds. */
  readonly epoch: () => number | undefined;
}

/** @returns to be called whenever something of it may have changed */
export function roleTeller(options: RoleTellerOptions): () => void {
  const { happened, store, clock, log, roles, isRecovering, epoch } = options;
  if (!happened) return () => {};
  let last = '';

  async function tell(listener: Happened): Promise<void> {
    // Of a primary it does not matter.
    const isComplete = roles.believed.role === 'primary' || (await store.isComplete());
    const { believed } = roles;
    const { role } = believed;
    const state = stateOf(believed, { now: clock.now(), isRecovering: isRecovering(), isComplete });
    const begun = role === 'primary' && state !== 'recovering' ? epoch() : undefined;
    const told = JSON.stringify([role, state, begun]);
    if (told === last) return;
    last = told;
    listener({ kind: 'role', role, state, ...(begun !== undefined && { epoch: begun }) });
  }

  return () => void tell(happened).catch((error) => log.error('the role could not be told', {}, error));
}
