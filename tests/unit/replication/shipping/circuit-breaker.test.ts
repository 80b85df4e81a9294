// When the circuit opens, who may try, and what closes it again; on a clock that the test moves.
import { beforeEach, describe, expect, test } from '@jest/globals';
import { PeerError } from '../../../../lib/peer/peer.ts';
import {
  type CircuitBreaker,
  CircuitOpen,
  createCircuitBreaker,
} from '../../../../lib/replication/shipping/circuit-breaker.ts';
import { TestClock } from '../../../support/replication.ts';

const OPEN_MS = 2000;

let clock: TestClock;
let breaker: CircuitBreaker;
/** How often the replica was asked. */
let asked: number;
beforeEach(() => {
  clock = new TestClock();
  breaker = createCircuitBreaker(clock, 3, OPEN_MS);
  asked = 0;
});

const DOWN = new PeerError('replica unreachable');
const succeed = (force?: boolean) => breaker.run(async () => ++asked, force);
function fail(force?: boolean): Promise<void> {
  const ask = async () => {
    asked++;
    throw DOWN;
  };
  return expect(breaker.run(ask, force)).rejects.toBe(DOWN);
}
/** Nothing is asked. */
async function expectRefused(): Promise<void> {
  const before = asked;
  await expect(succeed()).rejects.toThrow(CircuitOpen);
  expect(asked).toBe(before);
}
async function open(): Promise<void> {
  for (let i = 0; i < 3; i++) await fail();
  expect(breaker.state).toBe('open');
}
/** A trial that goes on until the test ends it. */
function startTrial() {
  const answer = Promise.withResolvers<string>();
  return { ...answer, done: breaker.run(() => answer.promise) };
}

describe('a closed circuit', () => {
  test('lets everything through, gives the answer, and throws what was thrown', async () => {
    expect(await succeed()).toBe(1);
    await fail();
    expect([breaker.state, asked]).toEqual(['closed', 2]);
  });

  test('P6 opens after three failures in a row', async () => {
    await fail();
    await fail();
    expect(breaker.state).toBe('closed');
    await fail();
    expect(breaker.state).toBe('open');
  });

  test('stays closed when a success comes in between', async () => {
    for (let i = 0; i < 5; i++) {
      await fail();
      await fail();
      await succeed();
    }
    expect(breaker.state).toBe('closed');
  });
});

describe('an open circuit', () => {
  beforeEach(open);

  test('P6 asks nothing until its time is over', async () => {
    await expectRefused();
    clock.time += OPEN_MS - 1;
    await expectRefused();
    expect(breaker.state).toBe('open');
  });

  test('P6 then lets one request try, and refuses those that come meanwhile', async () => {
    clock.time += OPEN_MS;
    const trial = startTrial();
    expect(breaker.state).toBe('half_open');
    for (let i = 0; i < 3; i++) await expectRefused();
    clock.time += 10 * OPEN_MS;
    await expectRefused();
    trial.resolve('well');
    expect(await trial.done).toBe('well');
  });

  test('P4 is closed by a trial that succeeds: three failures open it again', async () => {
    clock.time += OPEN_MS;
    await succeed();
    expect(breaker.state).toBe('closed');
    await fail();
    await fail();
    expect(breaker.state).toBe('closed');
    await fail();
    expect(breaker.state).toBe('open');
  });

  test('P6 is open for its whole time again after a trial that fails', async () => {
    clock.time += OPEN_MS;
    const trial = startTrial();
    clock.time += 500;
    trial.reject(DOWN);
    await expect(trial.done).rejects.toBe(DOWN);
    expect(breaker.state).toBe('open');
    clock.time += OPEN_MS - 1;
    await expectRefused();
    clock.time += 1;
    expect(await succeed()).toBe(asked);
    expect(breaker.state).toBe('closed');
  });

  test('P4 is closed by a forced request that succeeds', async () => {
    await succeed(true);
    expect(breaker.state).toBe('closed');
  });

  test('is open no longer for a forced request that fails', async () => {
    clock.time += OPEN_MS - 1;
    await fail(true);
    expect(breaker.state).toBe('open');
    await expectRefused();
    clock.time += 1;
    await succeed();
    expect(breaker.state).toBe('closed');
  });
});

describe('during a trial', () => {
  beforeEach(async () => {
    await open();
    clock.time += OPEN_MS;
  });

  test('a forced request is asked, and its failure ends nothing', async () => {
    const trial = startTrial();
    await fail(true);
    expect(breaker.state).toBe('half_open');
    trial.resolve('well');
    await trial.done;
    expect(breaker.state).toBe('closed');
  });

  test('a forced request that succeeds closes the circuit; the trial that fails after it opens it again', async () => {
    const trial = startTrial();
    await succeed(true);
    expect(breaker.state).toBe('closed');
    trial.reject(DOWN);
    await expect(trial.done).rejects.toBe(DOWN);
    expect(breaker.state).toBe('open');
  });
});

test('a request that was under way when the circuit opened does not make it open for longer', async () => {
  const late = Promise.withResolvers<never>();
  const underWay = breaker.run(() => late.promise);
  await open();
  clock.time += OPEN_MS - 1;
  late.reject(DOWN);
  await expect(underWay).rejects.toBe(DOWN);
  clock.time += 1;
  await succeed();
  expect(breaker.state).toBe('closed');
});

test('the clock of the process is never looked at', async () => {
  const { now } = Date;
  Date.now = () => {
    throw new Error('the clock of the process');
  };
  try {
    await open();
    clock.time += OPEN_MS;
    await succeed();
  } finally {
    Date.now = now;
  }
});

describe('a failure of this node itself', () => {
  const OWN = new Error('the store does not answer');
  const failHere = () => expect(breaker.run(() => Promise.reject(OWN))).rejects.toBe(OWN);

  test('P6 says nothing of the replica: the circuit stays closed', async () => {
    for (let i = 0; i < 9; i++) await failHere();
    expect(breaker.state).toBe('closed');
  });

  test('P4 in a trial leaves the next request to try', async () => {
    await open();
    clock.time += OPEN_MS;
    await failHere();
    expect(breaker.state).toBe('open');
    await succeed();
    expect(breaker.state).toBe('closed');
  });
});
