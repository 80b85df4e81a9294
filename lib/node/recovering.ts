// What a primary answers that has not recovered yet.
import { TandemError } from '../errors.ts';
import { loadPrimary } from './load-primary.ts';

/**
 * Loads the primary, so that it starts to recover even if no function that needs one has been called yet.
 * @throws TandemError `recovering`
 */
export async function refuseWhileRecovering(): Promise<never> {
  await loadPrimary();
  const detail =
    'This primary has just started and is asking the replica what it holds. Try again; GET /status says what it waits for.';
  throw new TandemError('recovering', detail);
}
