// Nodes with a bug, made of one without: a server in front of it that changes what it is told, or what it answers.
import { front, type Reply } from '../support/http-front.ts';
import type { Disguise } from './cluster.ts';

/** A replica that leaves out every fifth record and says that it has applied it. */
export const withholding: Disguise = (target) => {
  let count = 0;
  return front(target, async ({ path, body }, forward) => {
    if (path !== '/replicate') return forward();
    const batch = JSON.parse(body);
    const isLeftOut = batch.records.map(() => ++count % 5 === 0);
    const records = batch.records.filter((_: unknown, i: number) => !isLeftOut[i]);
    const reply = await forward(JSON.stringify({ ...batch, records }));
    if (reply.status !== 200) return reply;
    const { answers, ...rest } = JSON.parse(reply.body);
    const told = isLeftOut.map((isOut: boolean) => (isOut ? { outcome: 'applied' } : answers.shift()));
    return { ...reply, body: JSON.stringify({ ...rest, answers: told }) };
  });
};

/** A primary that answers every tenth read of a key as it answered one before. */
export const stale: Disguise = (target) => {
  let count = 0;
  const before = new Map<string, Reply>();
  return front(target, async ({ method, path }, forward) => {
    if (method !== 'GET' || !path.startsWith('/key/')) return forward();
    const old = before.get(path);
    if (old && ++count % 10 === 0) return old;
    const reply = await forward();
    if (reply.status === 200) before.set(path, old && count % 10 !== 1 ? old : reply);
    return reply;
  });
};

/** A primary that takes every condition for fulfilled. */
export const unconditional: Disguise = (target) =>
  front(target, (_, forward) => forward(), ['if-match', 'if-none-match']);

/** A primary that always says that both nodes are in sync. */
export const carefree: Disguise = (target) =>
  front(target, async ({ path }, forward) => {
    const reply = await forward();
    if (path !== '/status') return reply;
    const status = { ...JSON.parse(reply.body), inSync: true, checkedAt: new Date().toISOString() };
    return { ...reply, body: JSON.stringify(status) };
  });
