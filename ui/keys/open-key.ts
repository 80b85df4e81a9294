// The key that is open: what both nodes hold of it, and how its write was copied. It is looked at again after each look at the
// nodes. These requests are the console's own, and in no log.
import { signal } from '@preact/signals';
import { ask } from '../nodes/ask.ts';
import { bodyOf } from '../nodes/exchange.ts';
import { valueIn } from '../nodes/json-text.ts';
import { operations } from '../nodes/operations.ts';
import type { NodeName } from '../recording/observation.ts';
import { openKey } from '../state/keys.ts';
import { lead, nodes, pace, seen } from '../state/nodes.ts';
import { chooseKey } from '../state/request.ts';
import { afterEachLook } from '../watch/watch.ts';
import type { CopyRead, KeyRead, KeyStatusTold } from './key-told.ts';

export const keyRead = signal<KeyRead | undefined>(undefined);

/** Opens a key, and puts it into the request form. */
export function open(key: string): void {
  openKey.value = key;
  chooseKey(key);
  if (keyRead.value?.key !== key) keyRead.value = { key, copies: {} };
  void readOpen();
}

export function close(): void {
  openKey.value = undefined;
  keyRead.value = undefined;
}

export function startOpenKey(): void {
  afterEachLook(readOpen);
}

async function readOpen(): Promise<void> {
  const key = openKey.value;
  if (key === undefined) return;
  const before = keyRead.value?.key === key ? keyRead.value : undefined;
  const { leader } = lead.value;
  const [a, b, status] = await Promise.all([
    readCopy('a', key, before?.copies.a),
    readCopy('b', key, before?.copies.b),
    readStatus(leader, key),
  ]);
  if (openKey.value !== key) return;
  const told = status === null ? undefined : (status ?? before?.status);
  keyRead.value = {
    key,
    copies: { ...(a && { a }), ...(b && { b }) },
    ...(told && { status: told }),
  };
}

async function readCopy(node: NodeName, key: string, before?: CopyRead): Promise<CopyRead | undefined> {
  const old = before && { ...before, isOld: true };
  if (!seen.value[node].isAnswering) return old;
  try {
    const response = await ask(nodes[node], operations.get(key).path, { signal: AbortSignal.timeout(pace.limitMs) });
    const text = await response.text();
    const { version, epoch, updatedAt, expiresAt, detail } = bodyOf({ text }) as Partial<CopyRead>;
    const value = response.ok ? valueIn(text) : undefined;
    return {
      status: response.status,
      readAt: Date.now(),
      isOld: false,
      ...(response.ok && version !== undefined && { version }),
      ...(response.ok && epoch !== undefined && { epoch }),
      ...(response.ok && updatedAt !== undefined && { updatedAt }),
      ...(expiresAt !== undefined && { expiresAt }),
      ...(value !== undefined && { value }),
      ...(detail !== undefined && { detail }),
    };
  } catch {
    return old;
  }
}

/** @returns `null`: it was never written, or the node is none that leads; `undefined`: no answer */
async function readStatus(node: NodeName, key: string): Promise<KeyStatusTold | null | undefined> {
  if (!seen.value[node].isAnswering) return undefined;
  try {
    const response = await ask(nodes[node], operations.status(key).path, { signal: AbortSignal.timeout(pace.limitMs) });
    if (!response.ok) return response.status === 404 ? null : undefined;
    const told = bodyOf({ text: await response.text() }) as unknown as KeyStatusTold;
    return told.status === 'replica' ? null : told;
  } catch {
    return undefined;
  }
}
