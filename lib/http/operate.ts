// Carries out the operations of a batch. Those of one key come one after the other, those of different keys at once: so the
// writes share one commit and one request to the replica.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { MAX_PAGE_BYTES } from '../limits.ts';
import { refuseAbsence } from '../node/absence.ts';
import { loadNode } from '../node/on-demand.ts';
import { clock } from '../node/process.ts';
import { copyStatus } from '../node/replica-facts.ts';
import { store } from '../node/store.ts';
import type { UnderWay } from '../replication/write-request.ts';
import type { Answer } from './answer.ts';
import { requireLead } from './lead.ts';
import type { Operation, ReadOperation } from './operations.ts';
import { readAnswer } from './read-answer.ts';
import { writeAnswer } from './write-answer.ts';

export interface OperateOptions {
  /** Writes are answered as soon as they are stored. */
  readonly isAsync: boolean;
  /** The answer to an operation that failed. */
  readonly problem: (error: unknown) => Promise<Answer>;
}

/** @returns the answer to each operation, in their order. It never rejects because of one of them */
export async function operate(
  operations: readonly ReadOperation[],
  { isAsync, problem }: OperateOptions,
): Promise<Answer[]> {
  const told = async (answer: Promise<Answer>) => answer.catch(problem);
  const lastOf = new Map<string, Promise<unknown>>();
  const begin = beginner(isAsync);
  const answers = operations.map((each) => {
    if ('error' in each) return problem(each.error);
    const { operation } = each;
    const key = operation.op === 'get' ? operation.key : operation.request.key;
    const before = lastOf.get(key);
    const begun = before === undefined ? begin(operation) : before.then(() => begin(operation));
    lastOf.set(
      key,
      begun.catch(() => {}),
    );
    return told(begun.then((answer) => answer()));
  });
  return Promise.all(answers);
}

/** @returns begins an operation. Once that has read or stored what it is to: the answer, which may wait for the replica */
function beginner(isAsync: boolean): (operation: Operation) => Promise<() => Promise<Answer>> {
  /** Each merge looks through a value, which takes some milliseconds: one in each turn of the event loop. */
  let merged = Promise.resolve();
  /** Bytes of values that the answers may still have. */
  let room = MAX_PAGE_BYTES;

  /** A value that has no room is left out: what it is was written. */
  function hasRoom(value = ''): boolean {
    room -= value.length;
    return room >= 0;
  }

  return async (operation) => {
    if (operation.op === 'get') {
      const answer = await read(operation);
      return async () => answer;
    }
    const { request } = operation;
    if (request.patch && 'merge' in request.patch) {
      merged = merged.then(() => nextTurn());
      await merged;
    }
    await requireLead();
    const primary = await (await loadNode()).primary();
    const { delivery, ...stored }: UnderWay = await primary.store({ ...request, isAsync });
    const withValue = operation.op === 'patch' && hasRoom(stored.record.value);
    const options = { withValue, statusMember: 'replicationStatus' } as const;
    return async () => writeAnswer({ ...stored, delivery: await delivery }, { now: clock.now(), ...options });
  };
}

async function read({ key, ifNoneMatch }: Extract<Operation, { op: 'get' }>): Promise<Answer> {
  const entry = await store.get(key);
  if (entry === undefined) await refuseAbsence();
  return readAnswer(key, entry, ifNoneMatch, clock.now(), await copyStatus());
}
