// How the copying goes, in words: what each state of both nodes is called, and what is wrong.
import { expect, test } from '@jest/globals';
import type { Lead } from '../../../../ui/nodes/pair.ts';
import { adviceFor } from '../../../../ui/watch/advice.ts';
import { linkWords } from '../../../../ui/watch/link-words.ts';
import { NOT_SEEN, type Seen, type StatusTold } from '../../../../ui/watch/seen.ts';

const LEAD: Lead = { lead: 'one', leader: 'a' };
const LINK = { reachable: true, error: null, circuit: 'closed', lastContactAt: null } as const;
const STATUS: StatusTold = {
  role: 'primary',
  state: 'serving',
  id: 'one',
  store: 'memory',
  keys: 3,
  backlog: { count: 0, oldestAgeMs: null },
  inSync: true,
  replica: LINK,
};
const up = (status: Partial<StatusTold> = {}): Seen => ({
  state: 'up',
  isAnswering: true,
  role: 'primary',
  status: { ...STATUS, ...status },
});
const REPLICA: Seen = { state: 'up', isAnswering: true, role: 'replica' };
const silent = (state: 'down' | 'locked'): Seen => ({ state, isAnswering: false });
const BACKLOG = { count: 2, oldestAgeMs: 5000 };

test.each<[string, string, Seen, Seen, differing?: number]>([
  ['good', 'Identical. Every record of the primary is on the replica.', up(), REPLICA, 0],
  ['behind', 'Not identical. The backlog is empty, and yet 1 key differs.', up(), REPLICA, 1],
  ['behind', 'Behind. 2 records in the backlog, the oldest for 5 s.', up({ backlog: BACKLOG }), REPLICA, 2],
  ['failing', 'Replica not reachable. 0 records in the backlog.', up(), silent('down')],
  [
    'failing',
    'Replica not reachable. Writes do not wait for the replica. 0 records in the backlog.',
    up({ replica: { ...LINK, reachable: false, circuit: 'open' } }),
    silent('down'),
  ],
  [
    'open',
    'Circuit half open. The next write tries the replica again. 0 records in the backlog.',
    up({ replica: { ...LINK, circuit: 'half_open' } }),
    REPLICA,
  ],
  [
    'failing',
    'Failing. replica timed out. 0 records in the backlog.',
    up({ replica: { ...LINK, reachable: null, error: 'replica timed out' } }),
    REPLICA,
  ],
  [
    'open',
    'Circuit open. Writes do not wait for the replica. 2 records in the backlog, the oldest for 5 s.',
    up({ backlog: BACKLOG, replica: { ...LINK, circuit: 'open' } }),
    REPLICA,
  ],
  [
    'failing',
    'Failing at the last repair: the replica did not answer. 0 records in the backlog.',
    up({ store: 'dynamodb', replica: { ...LINK, circuit: 'open' } }),
    REPLICA,
  ],
  [
    'behind',
    'Refilling. The primary is filling a replica that has started with nothing.',
    up(),
    { ...REPLICA, state: 'refilling' },
  ],
  [
    'unknown',
    'Not compared. The replica tells only those who have a token. 0 records in the backlog.',
    up(),
    silent('locked'),
  ],
  ['unknown', 'Unknown. Both nodes tell only those who have a token.', silent('locked'), silent('locked')],
  ['unknown', 'Unknown. Neither node answers, so no writes are taken.', silent('down'), silent('down')],
  ['unknown', 'Unknown. The primary does not answer, so no writes are taken.', silent('down'), REPLICA],
  ['unknown', 'Connecting. Both nodes are being asked.', NOT_SEEN, NOT_SEEN],
])('%s: %s', (state, text, ...[primary, replica, differing]) => {
  const words = linkWords(LEAD, primary, replica, differing);
  expect([words.state, `${words.title} ${words.text}`]).toEqual([state, text]);
});

test('while both lead, the node that is written to is named', () => {
  const { title, text } = linkWords({ lead: 'both', leader: 'b' }, up(), up(), 2);
  expect(`${title} ${text}`).toBe(
    'Both nodes lead: they have not heard of each other, and 2 keys differ by now. Writes go to node B, whose epoch is the later one.',
  );
});

test('advice names what to start, and what is said of a silent node is said to be old', () => {
  const node = {
    id: 'b',
    name: 'B',
    beginsAs: 'replica',
    url: 'http://localhost:5001',
    isFromLink: false,
    isLocal: true,
  } as const;
  expect(adviceFor(node, up(), undefined, false)).toBe('');
  expect(adviceFor(node, silent('down'), undefined, false)).toBe(
    'No answer from http://localhost:5001. Start both nodes with `npm start`, or only this one with `npm run replica`.',
  );
  const before = adviceFor(node, { ...silent('down'), answeredAt: 1 }, undefined, true);
  expect(before).toMatch(
    / since .*only nodes of the same folder answer it\. What it says of itself here is from then\.$/,
  );
  expect(adviceFor({ ...node, isLocal: false }, silent('down'), undefined, false)).toMatch(
    /whether the stage is deployed\.$/,
  );
});
