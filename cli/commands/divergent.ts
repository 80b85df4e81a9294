// `tandem divergent`: writes that a failover superseded unseen.
import type { Command } from 'commander';
import type { DivergentWrite, JsonText } from '../../client/client.ts';
import { confirm } from '../ask.ts';
import { connect } from '../connect.ts';
import { CommandFailed, EXIT, usageError } from '../failure.ts';
import { examples } from '../help.ts';
import { type Column, printAll, printOne } from '../print.ts';
import { isForPeople, settingsOf } from '../settings.ts';
import { addTaking, type Taking, taken } from '../taken.ts';

interface DismissOptions {
  readonly all?: boolean;
  readonly yes?: boolean;
}

const COLUMNS: readonly Column<DivergentWrite>[] = [
  { title: 'key', of: ({ key }) => key },
  { title: 'version', of: ({ version }) => version },
  { title: 'epoch', of: ({ epoch }) => epoch },
  { title: 'written', of: ({ updatedAt }) => updatedAt },
  { title: 'superseded', of: ({ supersededBy }) => supersededBy?.updatedAt ?? 'gone since' },
  {
    title: 'value',
    of: ({ value, deleted }) => (deleted ? '(a deletion)' : ((value as JsonText | undefined)?.text ?? '(not kept)')),
  },
];

export function addDivergent(program: Command): void {
  const command = program
    .command('divergent')
    .summary('writes that a failover superseded unseen')
    .description(
      'Lists the writes that a failover superseded unseen, or takes them off the list once somebody has dealt with them.',
    );
  const list = command.command('list').description('Lists them.');
  addTaking(list).action(async (taking: Taking, command: Command) => {
    const settings = settingsOf(command);
    const client = connect(settings);
    const writes = taken<DivergentWrite>(async (page) => {
      const { writes: things, cursor } = await client.divergent(page);
      return { things, cursor };
    }, taking);
    const count = await printAll(writes, COLUMNS, isForPeople(settings));
    if (count === 0) console.error('No write is divergent.');
  });
  examples(list, 'tandem divergent list', 'tandem divergent list --all --json > divergent.ndjson');
  const dismiss = command
    .command('dismiss')
    .description('Takes the writes of a key off the list, or all of them. Exits with 1 where there is none.')
    .argument('[key]')
    .option('--all', 'those of every key')
    .option('--yes', 'do not ask on a terminal')
    .action(dismissed);
  examples(dismiss, 'tandem divergent dismiss user/ada', 'tandem divergent dismiss --all --yes');
  examples(command, 'tandem divergent list', 'tandem divergent dismiss user/ada');
}

async function dismissed(
  key: string | undefined,
  { all = false, yes = false }: DismissOptions,
  command: Command,
): Promise<void> {
  if ((key === undefined) !== all) throw usageError('Name a key, or give --all.');
  const settings = settingsOf(command);
  const client = connect(settings);
  await confirm(
    `The values of ${key === undefined ? 'all divergent writes' : `the divergent writes of ${key}`} are deleted. Go on?`,
    yes,
  );
  let count = 0;
  for (let isComplete = false; !isComplete; ) {
    const { acknowledged, complete } = await client.acknowledge(key);
    count += acknowledged;
    isComplete = complete;
  }
  if (count === 0)
    throw new CommandFailed(
      EXIT.unmet,
      'key_not_found',
      key === undefined ? 'No write is divergent.' : `No write of '${key}' is divergent.`,
    );
  await printOne({ dismissed: count }, `${count} dismissed.`, isForPeople(settings));
}
