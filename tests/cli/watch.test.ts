// `tandem watch`: follows the changes of a real node, which is killed and started again meanwhile.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Pair, startPair } from '../support/nodes.ts';
import { linesIn, type Running, Tandem } from '../support/tandem.ts';
import { until } from '../support/until.ts';

let folder: string;
let nodes: Pair | undefined;
let watch: Running | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-watch-'));
});
afterEach(async () => {
  await watch?.stop('SIGKILL');
  await nodes?.stop();
  await rm(folder, { recursive: true });
});

async function start(store: 'memory' | 'sqlite'): Promise<{ pair: Pair; tandem: Tandem }> {
  const pair = await startPair({ STORE: store, SQLITE_FOLDER: folder }, { serve: {} });
  nodes = pair;
  return { pair, tandem: new Tandem(pair) };
}

const keysSeen = (): string[] => linesIn(watch?.stdout().replace(/[^\n]*$/, '') ?? '').map(({ key }) => key);
const untilSeen = (key: string) => until(() => keysSeen().includes(key));

test('programs get a line for each change, and go on where they were with the cursor of the last one', async () => {
  const { tandem } = await start('memory');
  await tandem.lines('put', 'w/a', '{"n":12345678901234567890}');
  watch = tandem.start('watch', '--since', 'beginning', '--prefix', 'w/', '--values', '--read-from', 'replica');
  await untilSeen('w/a');
  await tandem.lines('put', 'w/b', '2');
  await untilSeen('w/b');
  expect(watch.stdout()).toContain('"value":{"n":12345678901234567890}');
  const { cursor } = linesIn(watch.stdout()).at(-1);
  await watch.stop('SIGKILL');
  await tandem.lines('delete', 'w/a');
  await tandem.lines('put', 'other', '1');
  watch = tandem.start('watch', '--since', cursor, '--prefix', 'w/', '--no-json');
  const seen = watch;
  await until(() => seen.stdout().includes('w/a'));
  expect(seen.stdout()).toMatch(/^\S+Z {2}w\/a {2}deleted\n$/);
});

test('a node with a data file that was away is followed from where it was, and stderr says that it was away', async () => {
  const { pair, tandem } = await start('sqlite');
  await tandem.lines('put', 'before', '1');
  watch = tandem.start('watch', '--since', 'beginning', '--timeout', '1');
  const { stderr } = watch;
  await untilSeen('before');
  await pair.primary.stop('SIGKILL');
  await until(() => stderr().includes(`${pair.primary.url} does not answer`));
  await pair.primary.start();
  await tandem.lines('put', 'after', '1');
  await untilSeen('after');
  expect(stderr()).toContain(`${pair.primary.url} answers again`);
  expect(keysSeen().indexOf('before')).toBe(0);
});

test('a node in memory that was started again cannot tell what was missed: stderr says so, and all its keys come', async () => {
  const { pair, tandem } = await start('memory');
  watch = tandem.start('watch', '--since', 'beginning');
  await tandem.lines('put', 'kept', '1');
  await untilSeen('kept');
  await pair.primary.stop('SIGKILL');
  await pair.primary.start();
  const { stderr } = watch;
  await until(() => stderr().includes('cannot tell what was missed'));
  await tandem.lines('put', 'after', '1');
  await untilSeen('after');
  await until(() => keysSeen().filter((key) => key === 'kept').length === 2);
});

test('a watch that cannot begin ends', async () => {
  const { tandem } = await start('memory');
  expect(await tandem.run(['watch', '--since', 'nonsense'])).toMatchObject({ code: 2, stdout: '' });
  await nodes?.stop();
  expect(await tandem.run(['watch', '--timeout', '1'])).toMatchObject({ code: 3, stdout: '' });
});
