// The clock of a process never goes back, whatever the clock of its machine does.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { forwardClock } from '../../lib/clock.ts';

/** A machine whose clock can be set, and a process on it. */
function machineWithClock() {
  const machine = { time: 1_000_000, elapsed: 0 };
  const clock = forwardClock({ now: () => machine.time, elapsed: () => machine.elapsed, sleep: async () => {} });
  const pass = (ms: number) => {
    machine.time += ms;
    machine.elapsed += ms;
  };
  return { machine, clock, pass };
}

describe('the clock of a process', () => {
  test('is that of its machine', () => {
    const { clock, pass } = machineWithClock();
    expect(clock.now()).toBe(1_000_000);
    pass(1234);
    expect(clock.now()).toBe(1_001_234);
  });

  test('jumps ahead with it', () => {
    const { machine, clock } = machineWithClock();
    clock.now();
    machine.time += 86_400_000;
    expect(clock.now()).toBe(87_400_000);
  });

  test('runs on when it is put back, until it is ahead again', () => {
    const { machine, clock, pass } = machineWithClock();
    expect(clock.now()).toBe(1_000_000);
    machine.time -= 5000;
    expect(clock.now()).toBe(1_000_000);
    pass(300);
    expect(clock.now()).toBe(1_000_300);
    pass(5000);
    expect(clock.now()).toBe(1_005_300);
    machine.time += 9000;
    expect(clock.now()).toBe(machine.time);
  });

  test('tells whole milliseconds', () => {
    const { machine, clock } = machineWithClock();
    clock.now();
    machine.time -= 10;
    machine.elapsed += 0.7;
    expect(clock.now()).toBe(1_000_000);
    machine.elapsed += 0.7;
    expect(clock.now()).toBe(1_000_001);
  });

  test('never goes back and never stands still, whatever is done to it', () => {
    const step = fc.record({ passes: fc.integer({ min: 0, max: 10_000 }), jumps: fc.integer({ min: -1e9, max: 1e9 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const { machine, clock, pass } = machineWithClock();
        let before = clock.now();
        for (const { passes, jumps } of steps) {
          pass(passes);
          machine.time += jumps;
          const now = clock.now();
          expect(now).toBe(Math.max(machine.time, before + passes));
          before = now;
        }
      }),
    );
  });
});
