// The requests of a PUT, as the store makes them: it is given a client that keeps them.
import type { UpdateItemCommandInput } from '@aws-sdk/client-dynamodb';
import { EPOCH_MS } from '../../lib/limits.ts';
import type { Client } from '../../lib/store/dynamodb/client.ts';
import { settler } from '../../lib/store/dynamodb/settle.ts';
import { writer } from '../../lib/store/dynamodb/write.ts';
import type { PutByHand } from './by-hand/put-by-hand.ts';
import { clientOptions } from './client-options.ts';

const IN_FLIGHT_MS = 10_000;

/** @param table of the primary. @returns makes the requests that write a value (JSON text) under a key */
export function requestsOf(table: string): (key: string, value: string) => PutByHand {
  let kept: UpdateItemCommandInput | undefined;
  const keep: Client['ask'] = async (command) => {
    kept = command.input as UpdateItemCommandInput;
    return {} as never;
  };
  const client: Client = { ...clientOptions(), table, ask: keep, askOnce: keep };
  const read = async () => undefined;
  const write = writer(client, read);
  const settle = settler(client, EPOCH_MS, read);
  const epoch = Date.now();

  /** The store asks before it waits for anything, so the request is there when it returns. */
  const taken = (asking: Promise<unknown>): UpdateItemCommandInput => {
    asking.catch(() => {});
    const request = kept;
    kept = undefined;
    if (!request) throw new Error('The store has asked for nothing.');
    return request;
  };

  return (key, value) => {
    const now = Date.now();
    const record = { key, value, epoch, version: 1, updatedAt: now };
    return {
      write: taken(write({ key, value, now, updatedAt: now, epoch, inFlightUntil: now + IN_FLIGHT_MS })),
      batch: JSON.stringify({ from: 'bench', epoch, sentAt: now, records: [record] }),
      settle: taken(settle(record, { at: now, durationMs: 1, outcome: 'applied' })),
    };
  };
}
