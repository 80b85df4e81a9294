// The role of the node, as a note of its own.
import * as v from 'valibot';
import { RoleStateSchema } from '../role-state.ts';
import type { Store } from '../store.ts';
import type { Notes } from './notes.ts';

export function roleStateOf({ note, keepNote }: Notes): Pick<Store, 'roleState' | 'setRoleState'> {
  return {
    async roleState() {
      const { revision, text } = await note('role');
      return { revision, ...(text !== undefined && { state: v.parse(RoleStateSchema, JSON.parse(text)) }) };
    },
    setRoleState: (state, revision) => keepNote('role', JSON.stringify(state), revision),
  };
}
