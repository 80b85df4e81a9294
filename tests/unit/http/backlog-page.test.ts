// Divergent writes in the backlog, which are records with keys that no client has.
import { expect, test } from '@jest/globals';
import { divergentKey, listing } from '../../../lib/divergent.ts';
import { backlogAnswer, backlogQueryOf } from '../../../lib/http/backlog-page.ts';
import { initialReplication } from '../../../lib/store/replication-state.ts';
import { eventOf } from '../../support/events.ts';
import { schemaErrors } from '../../support/schema.ts';

const write = { key: 'k"\\é', epoch: 5, version: 2, updatedAt: 1, value: '1' };
const replication = initialReplication(0);

test('a divergent write is shown by its own key and stamp, also once it is acknowledged', () => {
  const listed = { record: listing(write, true), replication };
  const acknowledged = { record: { key: divergentKey(write), epoch: 9, version: 3, updatedAt: 2 }, replication };
  const { body = '' } = backlogAnswer({ entries: [listed, acknowledged] }, 3, false);
  const page = JSON.parse(body);
  expect(schemaErrors('BacklogPage', page)).toEqual([]);
  const named = { key: write.key, epoch: 5, version: 2, divergent: true };
  expect(page.records).toEqual([
    expect.objectContaining(named),
    expect.objectContaining({ ...named, deleted: true, ageMs: 1 }),
  ]);
  expect(page.records[0]).not.toHaveProperty('deleted');
});

test('a page may end with one', () => {
  const cursor = `1 ${divergentKey(write)}`;
  const { body = '' } = backlogAnswer({ entries: [], cursor }, 3, false);
  const { cursor: sent } = JSON.parse(body);
  expect(backlogQueryOf(eventOf('GET', '/backlog', { query: { cursor: sent } }))).toMatchObject({ cursor });
});
