// Whether this process's node can serve.
import { TandemError } from '../errors.ts';
import type { Role } from '../role.ts';
import { log, settings } from './process.ts';
import { roles } from './roles.ts';
import { store } from './store.ts';

/**
 * @returns the role of this node
 * @throws TandemError `store_unavailable` with the reason why this node cannot serve its clients, for anyone to read
 */
export async function checkHealth(): Promise<Role> {
  const [role] = await Promise.all([checkStore(), checkTokens()]);
  return role;
}

async function checkStore(): Promise<Role> {
  try {
    const [{ role }] = await Promise.all([roles.now(), store.highestEpoch()]);
    return role;
  } catch (error) {
    if (error instanceof TandemError) throw error;
    log.error('the store cannot be used', {}, error);
    throw new TandemError('store_unavailable', 'The store of this node cannot be used. Its log says why.');
  }
}

/** Without the tokens of its clients a node answers none of them. A failure is in the log already. */
async function checkTokens(): Promise<void> {
  try {
    await Promise.all([settings.writeTokens?.(), settings.readTokens?.()]);
  } catch (error) {
    if (error instanceof TandemError) throw error;
    const detail = 'This node cannot use the tokens of its clients, and answers none of them. Its log says why.';
    throw new TandemError('store_unavailable', detail);
  }
}
