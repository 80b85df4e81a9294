// `tandem get`: the value of a key.
import type { Command } from 'commander';
import type { JsonText } from '../../client/client.ts';
import { connect } from '../connect.ts';
import { noSuchKey } from '../failure.ts';
import { examples } from '../help.ts';
import { jsonOf } from '../json-line.ts';
import { one } from '../one-key.ts';
import { write } from '../print.ts';
import { type Reading, readFromOption } from '../read-from.ts';
import { settingsOf } from '../settings.ts';
import { shown } from '../shown.ts';

export function addGet(program: Command): void {
  const command = program
    .command('get')
    .summary('print the value of a key')
    .description(
      'Prints the value of a key as JSON, as it was written; with --json all that is known of the key. Exits with 1 where there is none.',
    )
    .argument('<key>')
    .addOption(readFromOption())
    .action(async (key: string, { readFrom }: Reading, command: Command) => {
      const settings = settingsOf(command);
      const entry = await one(connect(settings), { op: 'get', key }, readFrom);
      if (entry === undefined) throw noSuchKey(key);
      const { receipt: _, ...rest } = entry;
      const text = settings.json ? jsonOf(rest) : (entry.value as JsonText).text;
      await write(`${process.stdout.isTTY ? shown(text) : text}\n`);
    });
  examples(command, 'tandem get user/ada', 'tandem get user/ada --read-from replica', 'tandem get user/ada --json');
}
