// The process of a node, with real processes that are none: what is done to one reaches whatever it has started.
import { afterEach, expect, jest, test } from '@jest/globals';
import type { NodeProcess } from '../../../scripts/launcher/node-process.ts';
import { spawnNode } from '../../../scripts/launcher/spawn-node.ts';
import { until } from '../../support/until.ts';

const IS_WINDOWS = process.platform === 'win32';
/** Starts a child that does nothing, prints its process, and does what follows. */
const parent = (then: string) => [
  '--eval',
  `const child = require('node:child_process').spawn(process.execPath, ['--eval', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  child.once('spawn', () => { console.log('child ' + child.pid); ${then} });`,
];
const LIVES = 'setInterval(() => {}, 1000);';

const printed: string[] = [];
const started: NodeProcess[] = [];
jest.spyOn(console, 'log').mockImplementation((line) => printed.push(line));
afterEach(() => {
  for (const each of started.splice(0)) each.kill();
  printed.length = 0;
});

async function begin(then: string): Promise<{ node: NodeProcess; child: number }> {
  const node = spawnNode(parent(then));
  started.push(node);
  await until(() => printed.some((line) => line.startsWith('child ')));
  return { node, child: Number(printed.find((line) => line.startsWith('child '))?.slice('child '.length)) };
}

function isThere(pid: number | undefined): boolean {
  try {
    return process.kill(pid as number, 0);
  } catch {
    return false;
  }
}

test('killed, it ends with what it has started', async () => {
  const { node, child } = await begin(LIVES);
  expect([isThere(node.pid), isThere(child)]).toEqual([true, true]);
  node.kill();
  const { signal } = await node.ended;
  expect(IS_WINDOWS || signal === 'SIGKILL').toBe(true);
  await until(() => !isThere(node.pid) && !isThere(child));
  for (const act of [node.kill, node.terminate, node.freeze, node.thaw]) expect(act()).not.toBeInstanceOf(Error);
});

test('one that ends by itself leaves nothing behind, and says how it has ended', async () => {
  const { node, child } = await begin('process.exit(3);');
  expect(await node.ended).toEqual({ code: 3, signal: null });
  await until(() => !isThere(child));
});

test('asked to end, it ends as it likes to; on Windows it is killed', async () => {
  const { node, child } = await begin(`${LIVES} process.once('SIGTERM', () => process.exit(4)); console.log('ready');`);
  await until(() => printed.includes('ready'));
  node.terminate();
  const { code } = await node.ended;
  expect(IS_WINDOWS || code === 4).toBe(true);
  await until(() => !isThere(child));
});

(IS_WINDOWS ? test.skip : test)(
  'frozen, it does nothing until it is thawed, and hears then that it was to end',
  async () => {
    const { node } = await begin(`${LIVES} process.once('SIGTERM', () => process.exit(5)); console.log('ready');`);
    await until(() => printed.includes('ready'));
    node.freeze();
    node.terminate();
    let hasEnded = false;
    void node.ended.then(() => (hasEnded = true));
    // Others start and end meanwhile.
    expect(await spawnNode(['--eval', 'process.exit(0)']).ended).toEqual({ code: 0, signal: null });
    expect(hasEnded).toBe(false);
    node.thaw();
    expect(await node.ended).toEqual({ code: 5, signal: null });
  },
);

test('whoever ends without a word leaves nothing behind, either', async () => {
  const code = `
    const { spawnNode } = await import(${JSON.stringify(new URL('../../../scripts/launcher/spawn-node.ts', import.meta.url).href)});
    const node = spawnNode(['--eval', 'setInterval(() => {}, 1000); console.log("here " + process.pid)']);
    setInterval(() => {}, 1000);
    const { log } = console;
    console.log = (line) => { log(line); throw new Error('It ends.'); };`;
  const owner = spawnNode(['--input-type=module', '--eval', code]);
  started.push(owner);
  expect((await owner.ended).code).toBe(1);
  const line = await until(() => printed.find((each) => each.startsWith('here ')));
  const pid = Number(line?.slice('here '.length));
  await until(() => !isThere(pid));
});
