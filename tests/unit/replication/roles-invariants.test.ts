// What holds of the role of a node whatever its processes do, in whatever order.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Roles } from '../../../lib/replication/roles.ts';
import type { RoleState } from '../../../lib/store/store.ts';
import { durableStore } from '../../support/durable.ts';
import { TestClock } from '../../support/replication.ts';

describe('R11 R12 whatever processes do, at whatever time', () => {
  let clock = new TestClock();

  type Act = 'lead' | 'leadNow' | 'stepDown' | 'begin' | 'end' | 'grant' | 'now';
  interface Step {
    readonly process: number;
    readonly act: Act;
    /** Which of the switchovers begun so far. */
    readonly which: number;
    readonly passes: number;
    /** How many turns of the microtask queue one way to the store takes, and the next step waits. */
    readonly turns: number;
  }
  const step: fc.Arbitrary<Step> = fc.record({
    process: fc.nat(3),
    act: fc.constantFrom('lead', 'leadNow', 'stepDown', 'begin', 'end', 'grant', 'grant', 'now'),
    which: fc.nat(3),
    passes: fc.constantFrom(0, 0, 1, 400, 5000, 10_000),
    turns: fc.nat(12),
  });

  /** Lets the processes do it all, several at a time. @returns each state that the store has kept, in order */
  async function run(steps: readonly Step[], beliefs: RoleState[][]): Promise<RoleState[]> {
    const durable = durableStore();
    const { roleState, setRoleState } = durable;
    const changes: RoleState[] = [];
    let asked = 0;
    /** Each request takes its own time, on its way there and back. */
    const late = async () => {
      const turns = steps[asked++ % steps.length]?.turns ?? 0;
      for (let i = turns; i > 0; i--) await null;
    };
    durable.roleState = async () => {
      await late();
      const state = await roleState();
      await late();
      return state;
    };
    durable.setRoleState = async (state, revision) => {
      await late();
      const isKept = await setRoleState(state, revision);
      if (isKept) changes.push(state);
      await late();
      return isKept;
    };
    const processes = [0, 1, 2, 3].map(() => new Roles(durable, clock, 'primary'));
    const begun: string[] = [];
    const acts: Record<Act, (by: Roles, id: string) => Promise<unknown>> = {
      lead: (by) => by.lead(by.believed.term),
      leadNow: (by) => by.lead(),
      stepDown: (by) => by.stepDown(by.believed.term),
      begin: async (by) => {
        const id = await by.beginSwitching(clock.time + 10_000);
        if (id !== undefined) begun.push(id);
      },
      end: (by, id) => by.endSwitching(id),
      grant: (by, id) => by.grant(id, { to: id, epoch: clock.time }),
      now: (by) => by.now(),
    };
    const underWay: Promise<unknown>[] = [];
    for (const { process: index, act, which, passes, turns } of steps) {
      clock.time += passes;
      const by = processes[index] as Roles;
      const done = acts[act](by, begun.at(-1 - which) ?? 'none').then(() => beliefs[index]?.push(by.believed));
      underWay.push(done);
      // Most go on while the next one begins.
      if (passes > 400) await Promise.all(underWay);
      else for (let i = turns; i > 0; i--) await null;
    }
    await Promise.all(underWay);
    return changes;
  }

  const always = (holds: (changes: readonly RoleState[], beliefs: readonly (readonly RoleState[])[]) => void) =>
    fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        clock = new TestClock();
        const beliefs: RoleState[][] = [[], [], [], []];
        holds(await run(steps, beliefs), beliefs);
      }),
      { numRuns: 500 },
    );

  test('a switchover grants once at most, and never after it was ended', () =>
    always((changes) => {
      let before: RoleState = { role: 'primary', term: 0 };
      const granted = new Set<string>();
      for (const state of changes) {
        const isNew = state.grant !== undefined && state.grant !== before.grant;
        if (isNew && state.grant) {
          expect(before.switching?.id).toBe(state.grant.to);
          expect(granted.has(state.grant.to)).toBe(false);
          granted.add(state.grant.to);
        }
        before = state;
      }
    }));

  test('who leads changes with the term, by one each time, and with nothing else', () =>
    always((changes) => {
      let before: RoleState = { role: 'primary', term: 0 };
      for (const state of changes) {
        expect(state.term - before.term).toBe(state.role === before.role ? 0 : 1);
        if (state.switching) expect(state.role).toBe('primary');
        if (state.grant) expect(state.role).toBe('replica');
        before = state;
      }
    }));

  test('each process sees what the store has kept, in its order', () =>
    always((changes, beliefs) => {
      const order = [{ role: 'primary', term: 0 }, ...changes].map((state) => JSON.stringify(state));
      for (const seen of beliefs) {
        let from = 0;
        for (const state of seen) {
          const position = order.indexOf(JSON.stringify(state), from);
          expect(position).toBeGreaterThanOrEqual(from);
          from = position;
        }
      }
    }));
});
