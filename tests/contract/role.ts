// The store contract: the role of the node, which is changed only by who knows the present one.
import { describe, expect, test } from '@jest/globals';
import type { RoleState } from '../../lib/store/store.ts';
import { EPOCH, type Fixture, NOW } from './fixture.ts';

export function roleContract(f: Fixture): void {
  describe('the role', () => {
    test('is none at first, and then as it was set last', async () => {
      expect(await f.store.roleState()).toEqual({ revision: 0 });
      const states: RoleState[] = [
        { role: 'primary', term: 1 },
        { role: 'primary', term: 1, switching: { id: 'a switchover', until: NOW } },
        { role: 'replica', term: 2, grant: { to: 'other contents', epoch: EPOCH } },
        { role: 'primary', term: 3, given: EPOCH },
        { role: 'replica', term: 1 },
      ];
      for (const [revision, state] of states.entries()) {
        expect(await f.store.setRoleState(state, revision)).toBe(true);
        expect(await f.store.roleState()).toEqual({ revision: revision + 1, state });
      }
    });

    test('is not set by who does not know of the last change', async () => {
      for (const revision of [0, 1, 2]) await f.store.setRoleState({ role: 'primary', term: 1 }, revision);
      for (const revision of [0, 1, 2, 4, 5])
        expect(await f.store.setRoleState({ role: 'replica', term: 1 }, revision)).toBe(false);
      expect(await f.store.roleState()).toEqual({ revision: 3, state: { role: 'primary', term: 1 } });
    });

    test('that many set at once is that of one of them', async () => {
      const ids = ['a', 'b', 'c', 'd', 'e', 'f'];
      const states = ids.map((id): RoleState => ({ role: 'primary', term: 1, switching: { id, until: NOW } }));
      const kept = await Promise.all(states.map((state) => f.store.setRoleState(state, 0)));
      expect(kept.filter(Boolean)).toHaveLength(1);
      expect(await f.store.roleState()).toEqual({ revision: 1, state: states[kept.indexOf(true)] });
    });
  });
}
