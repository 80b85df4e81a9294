// Every command that the README and docs/break-it.md show, with the answer that they show, on two real nodes of each runner. In an answer `…` stands for
// anything, and times, durations and epochs are of the day.
import { exec } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type NodeOptions, type Pair, startPair } from '../support/nodes.ts';
import { until } from '../support/until.ts';

const run = promisify(exec);
/** Which would come in between now and then, and change an answer. */
const WITHOUT_SCHEDULE = { isScheduled: false };

let nodes: Pair;
let folder: string | undefined;
let readme: string;
let breakIt: string;
beforeAll(async () => {
  [readme, breakIt] = await Promise.all([readFile('README.md', 'utf8'), readFile('docs/break-it.md', 'utf8')]);
});
afterAll(async () => {
  if (folder !== undefined) await rm(folder, { recursive: true });
});

/** What a page has between two headings. */
const section = (page: string, heading: string) => page.slice(page.indexOf(heading)).split(/\n## /)[0] as string;
const blocks = (text: string, language: string) =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, block]) => block as string);

async function curl(command: string): Promise<string> {
  const here = command
    .replaceAll('http://localhost:5000', nodes.primary.url)
    .replaceAll('http://localhost:5001', nodes.replica.url);
  return (await run(here.replace('curl', 'curl -s'))).stdout;
}

/** Runs the commands of a console block, and holds each answer against the one below it. */
async function follow(block: string): Promise<void> {
  for (const step of block.split(/^\$ /m).filter((text) => text.trim() !== '')) {
    const [command, ...shown] = step.trim().split('\n') as [string, ...string[]];
    const pattern = patternOf(shown.join('\n').trim());
    if (command.includes(' -X ')) expect(await curl(command)).toMatch(pattern);
    else await readUntil(command, pattern);
  }
}

/** Repeats a read until its answer fits: what the write before it has set off may still be under way. */
async function readUntil(command: string, pattern: RegExp): Promise<void> {
  let answer = '';
  const fits = async () => {
    answer = await curl(command);
    return pattern.test(answer);
  };
  await until(fits).catch((cause) => {
    throw new Error(`${command} answers:\n${answer}`, { cause });
  });
}

function patternOf(answer: string): RegExp {
  const pattern = answer
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll(/ ?… ?/g, '.*')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:]+\\\.\d{3}Z/g, '[^"]+')
    .replaceAll('1763790000000', '\\d+')
    .replaceAll(/("(?:lagMs|durationMs|oldestAgeMs)":)\d+/g, '$1\\d+')
    .replaceAll('http://127\\.0\\.0\\.1:5001', nodes.replica.url);
  return new RegExp(`^${pattern}$`, 's');
}

describe.each<[runner: string, options: NodeOptions]>([
  ['npm start', WITHOUT_SCHEDULE],
  ['npm run serve', { ...WITHOUT_SCHEDULE, serve: {} }],
])('on %s', (_, options) => {
  beforeAll(async () => {
    nodes = await startPair({}, options);
  });
  afterAll(() => nodes?.stop());

  test('the first screen', async () => {
    const [block] = blocks(readme, 'console');
    await follow(block as string);
  });

  test('see it fail', async () => {
    const [bash] = blocks(section(readme, '## See it fail'), 'bash');
    const answers = [];
    for (const command of (bash as string).trim().split('\n')) answers.push(JSON.parse(await curl(command)));
    expect(answers).toMatchObject([
      { status: 'replication_failed' },
      { status: 'replication_failed', nextAttemptAt: expect.any(String) },
      { code: 'key_not_found' },
    ]);
  });

  test('P4 P5 P6 break it and watch it heal', async () => {
    const [killReplica, startReplica, restartPrimary, seeEvents, dropReplies] = blocks(breakIt, 'console') as [
      string,
      string,
      string,
      string,
      string,
    ];
    await run(`curl -s -X POST ${nodes.primary.url}/repair`);
    await curl('curl -X DELETE http://localhost:5000/key/bad');
    await curl('curl -X DELETE http://localhost:5000/key/foo');
    await nodes.replica.stop();
    await follow(killReplica);
    await nodes.replica.start();
    await follow(startReplica);
    await nodes.primary.stop();
    await nodes.primary.start();
    await follow(restartPrimary);
    await follow(seeEvents);
    await follow(dropReplies);
  });

  test('P9 lose the primary', async () => {
    const [killed, startedAgain] = blocks(section(readme, '## Lose the primary'), 'console') as [string, string];
    const [cut] = blocks(section(breakIt, '## Cut the link'), 'console') as [string];
    await run(`curl -s -X POST ${nodes.primary.url}/repair`);
    await nodes.primary.stop('SIGKILL');
    await follow(killed);
    await nodes.primary.launch();
    await follow(startedAgain);
    await follow(cut);
    await run(`curl -s -X DELETE ${nodes.replica.url}/divergent`);
    expect(await curl('curl http://localhost:5001/divergent')).toMatch('"writes":[]');
  });
});

test('P5 keep your data', async () => {
  const [write, find] = blocks(section(readme, '## Keep your data'), 'console') as [string, string];
  folder = await mkdtemp(join(tmpdir(), 'tandem-sqlite-'));
  nodes = await startPair({ STORE: 'sqlite', SQLITE_FOLDER: folder }, WITHOUT_SCHEDULE);
  await run(`curl -s -X POST ${nodes.primary.url}/repair`);
  await follow(write);
  await Promise.all([nodes.primary.stop('SIGKILL'), nodes.replica.stop('SIGKILL')]);
  await Promise.all([nodes.primary.start(), nodes.replica.start()]);
  await follow(find);
  await nodes.stop();
});
