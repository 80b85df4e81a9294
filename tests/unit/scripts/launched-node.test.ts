// A node that the launcher starts and ends: its states, and what holds in whatever order things happen.
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import fc, { type Scheduler } from 'fast-check';
import {
  type Action,
  LaunchedNode,
  type NodeState,
  STOP_LIMIT_MS,
  WrongStateError,
} from '../../../scripts/launcher/launched-node.ts';
import { type End, endOf } from '../../../scripts/launcher/node-process.ts';
import { FakeNodeProcess } from '../../support/fake-node-process.ts';

const ACTIONS: readonly Action[] = ['kill', 'stop', 'start', 'freeze', 'thaw'];
const ALLOWED: Readonly<Record<NodeState, readonly Action[]>> = {
  starting: ['kill', 'stop'],
  running: ['kill', 'stop', 'freeze'],
  frozen: ['kill', 'stop', 'thaw'],
  stopping: ['kill'],
  stopped: ['start'],
};

describe('each for itself', () => {
  let processes: FakeNodeProcess[];
  let isAnswering: boolean;
  let obeys: boolean;
  let later: () => Promise<unknown>;
  /** Has the time pass that a process has to end. */
  let timeOut: () => void;
  let node: LaunchedNode;
  let byItself: End[];

  beforeEach(() => {
    [processes, byItself, isAnswering, obeys] = [[], [], true, true];
    later = turn;
    node = new LaunchedNode('replica', 5001, {
      spawn() {
        const fake = new FakeNodeProcess(100 + processes.length, () => later(), obeys);
        processes.push(fake);
        return fake;
      },
      answers: async () => isAnswering,
      pause: (ms) => (ms < STOP_LIMIT_MS ? turn() : new Promise<void>((resolve) => (timeOut = resolve))),
    });
    node.on('endedByItself', (end) => byItself.push(end));
  });

  afterEach(() => {
    // What it waits for comes, so that nothing goes on waiting.
    isAnswering = true;
  });

  const process = () => processes.at(-1) as FakeNodeProcess;
  const seen = () => [node.state, node.pid, node.ended];
  async function reach(state: NodeState): Promise<void> {
    while (node.state !== state) await turn();
  }
  const inState: Readonly<Record<NodeState, () => Promise<void>>> = {
    stopped: async () => {},
    async starting() {
      isAnswering = false;
      node.start();
    },
    async running() {
      node.start();
      await reach('running');
    },
    async frozen() {
      await inState.running();
      node.freeze();
    },
    async stopping() {
      obeys = false;
      await inState.running();
      void node.stop();
    },
  };

  test.each(Object.keys(ALLOWED) as NodeState[])(
    '%s: it takes what its state allows, and refuses the rest',
    async (state) => {
      await inState[state]();
      expect([node.state, node.allowed]).toEqual([state, ALLOWED[state]]);
      const before = [seen(), processes.map(({ done }) => [...done])];
      for (const action of ACTIONS.filter((each) => !ALLOWED[state].includes(each))) {
        await expect((async () => node[action]())()).rejects.toThrow(
          `The replica is ${state}. Now it takes: ${ALLOWED[state].join(', ')}.`,
        );
        expect([seen(), processes.map(({ done }) => done)]).toEqual(before);
      }
    },
  );

  test('it is starting until it answers, and has a new process each time', async () => {
    await inState.starting();
    await turn();
    expect(seen()).toEqual(['starting', 100, null]);
    isAnswering = true;
    await reach('running');
    await node.kill();
    expect([seen(), process().done]).toEqual([['stopped', null, 'killed'], ['kill']]);
    node.start();
    expect(seen()).toEqual(['starting', 101, null]);
  });

  test('stopped, it ends as it likes to', async () => {
    await inState.running();
    const stopped = node.stop();
    expect(node.state).toBe('stopping');
    await stopped;
    expect([seen(), process().done, byItself]).toEqual([['stopped', null, 'stopped'], ['terminate'], []]);
  });

  test('one that is frozen is thawed to be stopped, and not to be killed', async () => {
    await inState.frozen();
    await node.stop();
    expect([node.ended, process().done]).toEqual(['stopped', ['freeze', 'terminate', 'thaw']]);
    await inState.frozen();
    await node.kill();
    expect([node.ended, process().done]).toEqual(['killed', ['freeze', 'kill']]);
  });

  test('one that does not stop in time is killed; one that even then does not end is told', async () => {
    await inState.stopping();
    const closed = node.close();
    timeOut();
    while (!process().done.includes('kill')) await turn();
    await closed;
    expect(seen()).toEqual(['stopped', null, 'killed']);
  });

  test('one that does not even end by being killed is an error each time, and remains', async () => {
    await inState.running();
    later = () => new Promise(() => {});
    for (let i = 0; i < 2; i++) {
      const killed = node.kill();
      timeOut();
      await expect(killed).rejects.toThrow('The replica was killed, and its process 100 has not ended within 5000 ms.');
      expect(seen()).toEqual(['stopping', 100, null]);
    }
    const closed = node.close();
    process().end({ code: null, signal: 'SIGKILL' });
    await closed;
    expect(seen()).toEqual(['stopped', null, 'killed']);
  });

  test('one that ends by itself says how, and can be started again', async () => {
    await inState.running();
    process().crash();
    await reach('stopped');
    expect([seen(), byItself]).toEqual([['stopped', null, 'exit code 1'], [{ code: 1, signal: null }]]);
    await inState.running();
    process().end({ code: null, signal: 'SIGSEGV' });
    await reach('stopped');
    expect(node.ended).toBe('signal SIGSEGV');
    expect(endOf({ code: null, signal: null })).toBe('not started');
  });

  test('a look at the former process says nothing of the next one', async () => {
    let answer: (answers: boolean) => void = () => {};
    const look = jest.fn(() => new Promise<boolean>((resolve) => (answer = resolve)));
    const spawn = () => new FakeNodeProcess(1, turn);
    const late = new LaunchedNode('primary', 5000, { spawn, answers: look, pause: () => turn() });
    late.start();
    const answerOld = answer;
    await late.kill();
    late.start();
    answerOld(true);
    await turn();
    expect([late.state, look.mock.calls.length]).toEqual(['starting', 2]);
    answer(true);
    await turn();
    expect(late.state).toBe('running');
  });

  test('closed, it starts no more', async () => {
    await inState.frozen();
    await node.close();
    expect(seen()).toEqual(['stopped', null, 'stopped']);
    expect(() => node.start()).toThrow('The replica is stopped. Everything is being ended.');
    await node.close();
    expect(processes).toHaveLength(1);
  });
});

describe('whatever is done to it, and whenever it ends by itself', () => {
  type Step = Action | 'crash' | 'close';
  // What most states refuse comes less often.
  const step: fc.Arbitrary<Step> = fc.constantFrom(
    ...(['start', 'start', 'start', 'freeze', 'freeze', 'thaw', 'kill', 'stop', 'crash', 'close'] as const),
  );

  interface Run {
    readonly node: LaunchedNode;
    readonly processes: readonly FakeNodeProcess[];
    /** What its ends were said to be, and which of them were told to be by itself. */
    readonly ends: (string | null)[];
    readonly byItself: End[];
  }

  /** What must be so at every moment. */
  function check({ node, processes }: Run): void {
    const alive = processes.filter(({ isAlive }) => isAlive);
    expect(alive.length).toBeLessThanOrEqual(node.state === 'stopped' ? 0 : 1);
    // To be killed it need not be thawed.
    for (const { isFrozen, done } of alive) if (!done.includes('kill')) expect(isFrozen).toBe(node.state === 'frozen');
    if (node.state !== 'stopped') expect(node.ended).toBeNull();
  }

  function begin(scheduler: Scheduler, looks: readonly boolean[], obeys: readonly boolean[]): Run {
    const processes: FakeNodeProcess[] = [];
    const later = (label: string) => scheduler.schedule(Promise.resolve(), label);
    let looked = 0;
    const node = new LaunchedNode('primary', 5000, {
      spawn() {
        const fake = new FakeNodeProcess(processes.length, () => later('takes effect'), obeys[processes.length]);
        processes.push(fake);
        return fake;
      },
      async answers() {
        await later('look');
        return looks[looked++] ?? true;
      },
      async pause() {
        await later('pause');
        // What was killed ends in time.
        while (processes.at(-1)?.isAlive && processes.at(-1)?.done.includes('kill')) await later('a moment');
      },
    });
    const run: Run = { node, processes, ends: [], byItself: [] };
    node.on('change', () => node.state === 'stopped' && run.ends.push(node.ended));
    node.on('endedByItself', (end) => run.byItself.push(end));
    return run;
  }

  async function take(what: Step, run: Run, isClosed: boolean): Promise<void> {
    const { node, processes } = run;
    if (what === 'crash') return processes.at(-1)?.crash();
    if (what === 'close') return void node.close();
    const { state } = node;
    const done = processes.map((each) => each.done.length);
    const mayStart = !isClosed || what !== 'start';
    const isTaken = ALLOWED[state].includes(what) && mayStart;
    const result = (async () => node[what]())();
    if (isTaken) return result;
    expect(processes.map((each) => each.done.length)).toEqual(done);
    await expect(result).rejects.toThrow(WrongStateError);
  }

  const always = (steps: fc.Arbitrary<Step[]>) =>
    fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        steps,
        fc.array(fc.boolean(), { maxLength: 6 }),
        fc.array(fc.boolean(), { maxLength: 4 }),
        async (scheduler, all, looks, obeys) => {
          const run = begin(scheduler, looks, obeys);
          run.node.on('change', () => check(run));
          let isClosed = false;
          const taking: Promise<void>[] = [];
          const { task } = scheduler.scheduleSequence(
            all.map((each) => ({
              label: each,
              // It does not wait for what it has begun: others come in between.
              async builder() {
                taking.push(take(each, run, isClosed));
                isClosed ||= each === 'close';
                check(run);
              },
            })),
          );
          await scheduler.waitFor(task);
          // Ctrl-C, at whatever moment this is.
          await scheduler.waitFor(run.node.close());
          await scheduler.waitIdle();
          await Promise.all(taking);

          expect(run.processes.filter(({ isAlive }) => isAlive)).toEqual([]);
          expect(run.node.state).toBe('stopped');
          const expected = run.processes.map(({ done }) =>
            done.includes('kill') ? 'killed' : done.includes('terminate') ? 'stopped' : 'exit code 1',
          );
          expect(run.ends).toEqual(expected);
          expect(run.byItself).toHaveLength(expected.filter((ended) => ended === 'exit code 1').length);
        },
      ),
      { numRuns: 300, seed: 12 },
    );

  test('at most one process lives, its state is true, and closed it leaves none behind', () =>
    always(fc.array(step, { maxLength: 25 })));
});
