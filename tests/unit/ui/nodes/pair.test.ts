// Who leads, as far as what both nodes say of themselves tells it.
import { expect, test } from '@jest/globals';
import { FIRST_LEAD, labelOf, leadAfter, nameOf, type RoleSeen, roleOf } from '../../../../ui/nodes/pair.ts';

const SILENT: RoleSeen = { isAnswering: false, state: 'down' };
const primary = (epoch: number, state: RoleSeen['state'] = 'up'): RoleSeen => ({
  isAnswering: true,
  state,
  role: 'primary',
  epoch,
});
const REPLICA: RoleSeen = { isAnswering: true, state: 'up', role: 'replica' };

test.each<[string, RoleSeen, RoleSeen, ReturnType<typeof leadAfter>]>([
  ['one primary leads', REPLICA, primary(2), { lead: 'one', leader: 'b' }],
  ['of two the later epoch is written to', primary(2), primary(4), { lead: 'both', leader: 'b' }],
  ['of two with one epoch the one that led', primary(2), primary(2), { lead: 'both', leader: 'a' }],
  [
    'one that recovers does not lead beside one that serves',
    primary(2, 'recovering'),
    primary(1),
    { lead: 'one', leader: 'b' },
  ],
  ['one that recovers leads beside a replica', primary(2, 'recovering'), REPLICA, { lead: 'one', leader: 'a' }],
  ['two replicas: none leads', REPLICA, REPLICA, { lead: 'none', leader: 'a' }],
  ['a replica alone: its primary is the one that is silent', REPLICA, SILENT, { lead: 'one', leader: 'b' }],
  ['where nothing answers it is as it was', SILENT, SILENT, { lead: 'one', leader: 'a' }],
])('%s', (_, a, b, expected) => {
  expect(leadAfter(FIRST_LEAD, { a, b })).toEqual(expected);
});

test('nodes are called after their roles while each is that of one, else by their names', () => {
  const [one, both, none] = (['one', 'both', 'none'] as const).map((lead) => ({ lead, leader: 'b' as const }));
  expect([one, both, none].map((lead) => lead && [nameOf(lead, 'a'), labelOf(lead, 'b'), roleOf(lead, 'a')])).toEqual([
    ['the replica', 'B · primary', 'replica'],
    ['node A', 'B · primary', 'primary'],
    ['node A', 'B · replica', 'replica'],
  ]);
});
