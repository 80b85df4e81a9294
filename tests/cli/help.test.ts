// What every command has: help with an example, and exit codes that scripts can use.

import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { EXIT } from '../../cli/failure.ts';
import { programOf } from '../../cli/main.ts';
import { freePorts, type Pair, startPair } from '../support/nodes.ts';
import { json } from '../support/requests.ts';
import { linesIn, runTandem, startTandem, Tandem } from '../support/tandem.ts';
import { until } from '../support/until.ts';

/** Of the issue that asked for the command line. */
const COMMANDS =
  'start serve put get delete list watch status backlog repair fault promote divergent export import drill bench';

type Command = ReturnType<typeof programOf>;

const everyCommand = (command: Command): Command[] => command.commands.flatMap((each) => [each, ...everyCommand(each)]);

const nameOf = (command: Command): string => `${command.parent?.name()} ${command.name()}`.replace('tandem ', '');

function helpOf(command: Command): string {
  let help = '';
  command.configureOutput({ writeOut: (text) => (help += text) });
  command.outputHelp();
  return help;
}

describe('help', () => {
  const program = programOf({ version: '1.2.3', scripts: {} });

  test('there is a command for all that there is to do', () => {
    expect(program.commands.map((command) => command.name()).sort()).toEqual(COMMANDS.split(' ').sort());
  });

  test.each(everyCommand(program).map((command) => [nameOf(command), command] as const))(
    '%s says what it does, and shows an example that begins with itself',
    (name, command) => {
      const help = helpOf(command);
      expect(command.description()).toMatch(/\.$/);
      expect(command.options.every(({ description }) => description !== '')).toBe(true);
      expect(help.slice(help.indexOf('\nExamples:'))).toContain(`tandem ${name}`);
    },
  );

  test('the page of the command line has each command, each option that all have, and each exit code', async () => {
    const page = await readFile('docs/cli.md', 'utf8');
    const [, commands = ''] = /^## Commands\n(.*?)^## /ms.exec(page) ?? [];
    const named = everyCommand(program).filter(({ commands }) => commands.length === 0);
    const missing = named.filter((command) => !new RegExp(`\`${nameOf(command)}[ \`]`).test(commands));
    expect(missing.map(nameOf)).toEqual([]);
    for (const { long, envVar } of program.options)
      if (long !== '--version') expect(page).toContain(`\`${envVar ?? long}`);
    for (const code of Object.values(EXIT)) expect(page).toMatch(new RegExp(`^\\| ${code} \\|`, 'm'));
  });

  test('is printed where it is asked for; without a command it is printed, too, and that is wrong usage', async () => {
    const [asked, none, version] = await Promise.all([runTandem(['--help']), runTandem([]), runTandem(['--version'])]);
    expect(asked).toEqual({ code: 0, stdout: expect.stringMatching(/Exit codes:/), stderr: '' });
    expect(none).toEqual({ code: 2, stdout: '', stderr: asked.stdout });
    expect(version).toEqual({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), stderr: '' });
  });

  test.each([
    [['gte', 'a'], /Unknown command 'gte'.*get/s],
    [['get', 'a', '--jsn'], /Unknown option '--jsn'/],
    [['list', '--limit', 'x'], /whole number/],
    [['get', 'a', '--primary', 'nowhere'], /^primary must be the URL/],
  ])('%j is wrong usage, and one sentence says what is', async (args, sentence) => {
    expect(await runTandem(args)).toEqual({ code: 2, stdout: '', stderr: expect.stringMatching(sentence) });
  });
});

describe('nodes that do not answer, or do not want to', () => {
  let nodes: Pair;
  beforeAll(async () => {
    nodes = await startPair({ WRITE_TOKEN: 'write', READ_TOKEN: 'read', PEER_TOKEN: 'peer' }, { serve: {} });
  });
  afterAll(() => nodes?.stop());

  test('3: no node answers', async () => {
    const [port] = await freePorts(1);
    const run = (...more: string[]) =>
      runTandem(['get', 'a', '--primary', `http://127.0.0.1:${port}`, '--replica', '', '--timeout', '1', ...more]);
    expect(await run()).toEqual({
      code: 3,
      stdout: '',
      stderr: expect.stringMatching(/^No node answered: .*ECONNREFUSED/),
    });
    expect(linesIn((await run('--json')).stderr)).toEqual([
      expect.objectContaining({ code: 'unreachable', attempts: expect.any(Number) }),
    ]);
  });

  test('4: another token is needed', async () => {
    const tandem = new Tandem(nodes);
    expect(await tandem.run(['get', 'a'])).toMatchObject({ code: 4 });
    expect(await tandem.run(['put', 'a', '1', '--token', 'read'])).toMatchObject({ code: 4 });
    expect(await tandem.run(['put', 'a', '1'], { env: { TANDEM_TOKEN: 'write' } })).toMatchObject({ code: 0 });
    expect(await tandem.run(['get', 'a', '--token', 'read'])).toMatchObject({ code: 0, stdout: '1\n' });
  });

  test('5: a file is not there', async () => {
    expect(await runTandem(['import', 'no/such/file'])).toEqual({
      code: 5,
      stdout: '',
      stderr: expect.stringMatching(/no.such.file/),
    });
  });
});

test('serve runs a node, which stops as it is told', async () => {
  const [port, other] = await freePorts(2);
  const env = { PEER_TOKEN: '', WRITE_TOKEN: '', READ_TOKEN: '', LOG: 'silent' };
  const node = startTandem(
    ['serve', '--role', 'primary', '--store', 'memory', '--port', `${port}`, '--peer', `http://127.0.0.1:${other}`],
    env,
  );
  expect(await until(() => json(fetch(`http://127.0.0.1:${port}/status`)))).toMatchObject({
    role: 'primary',
    store: 'memory',
  });
  await node.stop('SIGTERM');
});

test('what a script is told reaches it', async () => {
  expect(await runTandem(['bench', 'nothing'])).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^There is no nothing; choose from http, /),
  });
  expect(await runTandem(['drill', '--primary', 'http://127.0.0.1:1'])).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^Give both/),
  });
});
