// Programs that use the client without a pause: each counts, appends, writes and deletes keys of its own, and so knows what they must
// hold.
import type { Client } from '../../client/client.ts';
import { until } from './until.ts';

export interface ClientLoad {
  /** Rounds that all programs have done together. */
  readonly rounds: number;
  /** Waits until this many more are done: it goes on under whatever has just been done to the nodes. */
  more(rounds: number): Promise<void>;
  /** Ends it. @throws the first error that a program got */
  stop(): Promise<void>;
  /** What the keys hold, and what they must hold. @param client that reads them */
  account(client: Client): Promise<{ held: unknown[]; expected: unknown[] }>;
}

interface Expected {
  count: number;
  appended: number[];
  isDeleted: boolean;
}

/** @param clients one for each program */
export function startClientLoad(clients: readonly Client[]): ClientLoad {
  const expected = clients.map((): Expected => ({ count: 0, appended: [], isDeleted: true }));
  let rounds = 0;
  let isOver = false;

  async function round(kv: Client, i: number, mine: Expected): Promise<void> {
    const { value } = await kv.increment(`count/${i}`);
    mine.count++;
    if (value !== mine.count) throw new Error(`The increment number ${mine.count} of program ${i} made ${value}.`);
    await kv.update<number[]>(`list/${i}`, (old = []) => [...old.slice(-9), mine.count]);
    mine.appended = [...mine.appended.slice(-9), mine.count];
    if (mine.isDeleted) await kv.put(`value/${i}`, mine.count, { ifAbsent: true });
    else if ((await kv.delete(`value/${i}`)) === undefined) throw new Error(`What program ${i} has written is gone.`);
    mine.isDeleted = !mine.isDeleted;
    const read = await kv.get(`value/${i}`);
    if ((read === undefined) !== mine.isDeleted) throw new Error(`Program ${i} reads what it has not written.`);
    rounds++;
  }

  const programs = clients.map(async (kv, i) => {
    while (!isOver) await round(kv, i, expected[i] as Expected);
  });
  const all = Promise.all(programs).finally(() => {
    isOver = true;
  });
  all.catch(() => {});

  return {
    get rounds() {
      return rounds;
    },
    async more(count) {
      const enough = rounds + count;
      await until(() => isOver || rounds >= enough);
      if (isOver) await all;
    },
    async stop() {
      isOver = true;
      await all;
    },
    async account(client) {
      const held = clients.map(async (_, i) => ({
        count: (await client.get(`count/${i}`))?.value,
        appended: (await client.get(`list/${i}`))?.value,
        isDeleted: (await client.get(`value/${i}`)) === undefined,
      }));
      return { held: await Promise.all(held), expected };
    },
  };
}
