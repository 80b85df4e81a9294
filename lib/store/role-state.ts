// A role state as text: how engines keep it.
import * as v from 'valibot';
import type { RoleState } from './store.ts';

export const RoleStateSchema: v.GenericSchema<unknown, RoleState> = v.object({
  role: v.picklist(['primary', 'replica']),
  term: v.number(),
  switching: v.exactOptional(v.object({ id: v.string(), until: v.number() })),
  grant: v.exactOptional(v.object({ to: v.string(), epoch: v.number() })),
  given: v.exactOptional(v.number()),
});
