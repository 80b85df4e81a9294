// The role of the node, as a note of its own.
import * as v from 'valibot';
import type { RoleState, Store } from '../store.ts';
import type { Notes } from './notes.ts';

const Kept: v.GenericSchema<unknown, RoleState> = v.object({
  role: v.picklist(['primary', 'replica']),
  term: v.number(),
  switching: v.exactOptional(v.object({ id: v.string(), until: v.number() })),
  grant: v.exactOptional(v.object({ to: v.string(), epoch: v.number() })),
  given: v.exactOptional(v.number()),
});

export function roleStateOf({ note, keepNote }: Notes): Pick<Store, 'roleState' | 'setRoleState'> {
  return {
    async roleState() {
      const { revision, text } = await note('role');
      return { revision, ...(text !== undefined && { state: v.parse(Kept, JSON.parse(text)) }) };
    },
    setRoleState: (state, revision) => keepNote('role', JSON.stringify(state), revision),
  };
}
