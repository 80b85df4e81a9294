// `tandem delete`: deletes a key.
import type { Command } from 'commander';
import { connect } from '../connect.ts';
import { etag } from '../etag.ts';
import { noSuchKey } from '../failure.ts';
import { examples } from '../help.ts';
import { one } from '../one-key.ts';
import { printOne } from '../print.ts';
import { isForPeople, settingsOf } from '../settings.ts';
import { writtenSentence } from './put.ts';

interface DeleteOptions {
  readonly ifMatch?: string;
  readonly idempotencyKey?: string;
}

export function addDelete(program: Command): void {
  const command = program
    .command('delete')
    .summary('delete a key')
    .description('Deletes a key. Exits with 1 where there is none.')
    .argument('<key>')
    .option('--if-match <etag>', 'only if the key is as this ETag says', etag)
    .option('--idempotency-key <name>', 'names the write: repeated, it is done once')
    .action(async (key: string, { ifMatch, idempotencyKey }: DeleteOptions, command: Command) => {
      const settings = settingsOf(command);
      const deleted = await one(connect(settings), {
        op: 'delete',
        key,
        ...(ifMatch !== undefined && { ifMatch }),
        ...(idempotencyKey !== undefined && { idempotencyKey }),
      });
      if (deleted === undefined) throw noSuchKey(key);
      await printOne(deleted, `Deleted. ${writtenSentence(deleted)}`, isForPeople(settings));
    });
  examples(command, 'tandem delete user/ada', 'tandem delete user/ada --if-match 1763790000000-3');
}
