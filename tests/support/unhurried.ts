// Time limits of the store that are not what a test is about: on a busy machine they would end what is only slow.
import { afterAll, beforeAll, jest } from '@jest/globals';

const FACTOR = 100;
/** From here on a time is a limit, in milliseconds; the waits between two tries are shorter. */
const SHORTEST_MS = 2000;

/** For all tests of the file that calls this, limits that the code under test sets are a hundred times as long. */
export function withoutHurry(): void {
  const { setTimeout: sleep } = globalThis;
  const { timeout } = AbortSignal;
  const stretched = (ms = 0) => (ms < SHORTEST_MS ? ms : ms * FACTOR);
  beforeAll(() => {
    jest
      .spyOn(globalThis, 'setTimeout')
      .mockImplementation(((act: () => void, ms?: number, ...rest: []) =>
        sleep(act, stretched(ms), ...rest)) as typeof setTimeout);
    jest.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => timeout.call(AbortSignal, stretched(ms)));
  });
  afterAll(() => {
    jest.restoreAllMocks();
  });
}
