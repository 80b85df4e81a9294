// Whether this process's node can serve.
import { TandemError } from '../errors.ts';
import type { Role } from '../role.ts';
import { log, settings } from './process.ts';
import { roles } from './roles.ts';
import { store } from './store.ts';

/**
 * @param isStoreAsked whether a durable store is read, too, which costs. Otherwise it counts what this process knows of it: it
 * has opened the store, or does so now
 * @returns the role of this node, where that was looked up
 * @throws TandemError `store_unavailable` with the reason why this node cannot serve its clients, for anyone to read
 */
export async function checkHealth(isStoreAsked: boolean): Promise<{ role?: Role }> {
  const isFree = store.nodeState === undefined;
  const [role] = await Promise.all([isFree || isStoreAsked || !isOpen() ? checkStore() : undefined, checkTokens()]);
  return role === undefined ? {} : { role };
}

/** Whether this process has reached its store at least once: only then it knows its id. */
function isOpen(): boolean {
  try {
    return store.id !== '';
  } catch {
    return false;
  }
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
