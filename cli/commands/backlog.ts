// `tandem backlog`: what the replica has not acknowledged.
import type { Command } from 'commander';
import type { BacklogRecord } from '../../client/client.ts';
import { connect } from '../connect.ts';
import { examples } from '../help.ts';
import { type Column, printAll } from '../print.ts';
import { isForPeople, settingsOf } from '../settings.ts';
import { addTaking, type Taking, taken } from '../taken.ts';

const COLUMNS: readonly Column<BacklogRecord>[] = [
  { title: 'key', of: ({ key }) => key },
  { title: 'version', of: ({ version }) => version },
  { title: 'status', of: ({ status, deleted }) => (deleted ? `${status}, deleted` : status) },
  { title: 'age', of: ({ ageMs }) => `${(ageMs / 1000).toFixed(1)} s` },
  { title: 'attempts', of: ({ attempts }) => attempts },
  { title: 'next attempt', of: ({ nextAttemptAt }) => nextAttemptAt },
  { title: 'why', of: ({ error }) => error },
];

export function addBacklog(program: Command): void {
  const command = program
    .command('backlog')
    .summary('what the replica has not acknowledged')
    .description('Lists what the replica has not acknowledged, and why, deletions included, the oldest write first.');
  addTaking(command).action(async (taking: Taking, command: Command) => {
    const settings = settingsOf(command);
    const client = connect(settings);
    const records = taken<BacklogRecord>(async (page) => {
      const { records: things, cursor, isAtLeast } = await client.backlog(page);
      if (isAtLeast) console.error('The replica is being refilled: it is owed more than is listed.');
      return { things, cursor };
    }, taking);
    const count = await printAll(records, COLUMNS, isForPeople(settings));
    if (count === 0) console.error('The replica has acknowledged every write.');
  });
  examples(command, 'tandem backlog', 'tandem backlog --all --json');
}
