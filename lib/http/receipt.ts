// The receipt of a read: headers that say which node has answered, and how old its answer may be.
import { TandemError } from '../errors.ts';
import { receipt, refuseStale } from '../node/receipt.ts';
import type { Action } from './endpoint.ts';
import { type Event, numberOf } from './request.ts';
import { MaxStale } from './schemas.ts';

/** Gives the answers of a read their receipt, and refuses those that would be older than the request wants. */
export function withReceipt(action: Action): Action {
  return async (event, problem) => {
    await checkStaleness(event);
    try {
      const answer = await action(event, problem);
      return { ...answer, headers: { ...answer.headers, ...(await receiptHeaders()) } };
    } catch (error) {
      // That there is no such key is what was read.
      if (!(error instanceof TandemError) || error.code !== 'key_not_found') throw error;
      throw new TandemError(error.code, error.message, error.extra, await receiptHeaders());
    }
  };
}

/** `?max_stale=<seconds>`. @throws TandemError `invalid_parameter`, `too_stale` */
async function checkStaleness(event: Event): Promise<void> {
  const seconds = numberOf(event, 'max_stale', MaxStale);
  if (seconds !== undefined) await refuseStale(seconds * 1000);
}

async function receiptHeaders(): Promise<Record<string, string>> {
  const { role, epoch, stalenessMs } = await receipt();
  return {
    'node-role': role,
    'node-epoch': `${epoch}`,
    ...(stalenessMs !== undefined && { staleness: `${stalenessMs}` }),
  };
}
