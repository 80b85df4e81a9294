// `tandem import`: writes the keys of an export.
import { createReadStream } from 'node:fs';
import { type Command, Option } from 'commander';
import { connect, LONG_PATIENCE_SECONDS } from '../connect.ts';
import { CommandFailed, EXIT } from '../failure.ts';
import { examples } from '../help.ts';
import { type ImportReport, importKeys, type OnConflict } from '../import-keys.ts';
import { linesOf } from '../lines.ts';
import { printOne } from '../print.ts';
import { keys, Progress } from '../progress.ts';
import { isForPeople, settingsOf } from '../settings.ts';

interface ImportOptions {
  readonly onConflict: OnConflict;
}

const STDIN = '-';

export function addImport(program: Command): void {
  const command = program
    .command('import')
    .summary('write the keys of an export')
    .description(
      'Writes the keys of an export with their values and the times at which they expire; what has expired since is left out. It ends at the first line that cannot be written. Done again after that, it writes what is left.',
    )
    .argument('[file]', 'absent or -: the standard input', STDIN)
    .addOption(
      new Option('--on-conflict <what>', 'where a key is there already: leave it, replace it, or end with 1')
        .choices(['skip', 'overwrite', 'fail'] satisfies OnConflict[])
        .default('skip' satisfies OnConflict),
    )
    .action(async (file: string, { onConflict }: ImportOptions, command: Command) => {
      const settings = settingsOf(command);
      const client = connect(settings, { patience: LONG_PATIENCE_SECONDS, tell: console.error });
      const chunks = file === STDIN ? process.stdin : createReadStream(file, { highWaterMark: 1024 * 1024 });
      const progress = new Progress('imported');
      const report = await importKeys(client, linesOf(chunks), onConflict, (count) => progress.add(count)).finally(() =>
        progress.end(),
      );
      const durationMs = progress.elapsedMs;
      await printOne({ ...report, durationMs }, sentence(report, durationMs), isForPeople(settings));
      if (!report.isWhole)
        throw new CommandFailed(
          EXIT.unmet,
          'incomplete',
          'The export was interrupted: its last line is missing, and perhaps keys. tandem export --resume goes on with it.',
        );
    });
  examples(
    command,
    'tandem import backup.ndjson',
    'tandem import backup.ndjson --on-conflict overwrite',
    'tandem import < backup.ndjson',
  );
}

function sentence({ written, skipped, expired, notReplicated }: ImportReport, durationMs: number): string {
  const facts = [
    `${keys(written)} written in ${(durationMs / 1000).toFixed(1)} s`,
    ...(skipped > 0 ? [`${keys(skipped)} left as they were`] : []),
    ...(expired > 0 ? [`${keys(expired)} expired since the export`] : []),
    ...(notReplicated > 0 ? [`${keys(notReplicated)} not on the other node yet`] : []),
  ];
  return `${facts.join(', ')}.`;
}
