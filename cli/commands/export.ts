// `tandem export`: copies all keys with their values into a file.
import type { Command } from 'commander';
import type { Client, JsonText, KeyPage, ListedEntry } from '../../client/client.ts';
import { connect, LONG_PATIENCE_SECONDS } from '../connect.ts';
import { checkpointLine, endLine, headerLine, keyLine } from '../export-file.ts';
import { type Begun, openExport, STDOUT, type Target } from '../export-target.ts';
import { examples } from '../help.ts';
import { printOne } from '../print.ts';
import { keys, Progress } from '../progress.ts';
import { type Reading, readFromOption, readingOf } from '../read-from.ts';
import { exclude, isForPeople, settingsOf } from '../settings.ts';

interface ExportOptions extends Reading {
  readonly prefix?: string;
  readonly resume?: boolean;
  readonly overwrite?: boolean;
}

const PAGE = 1000;

export function addExport(program: Command): void {
  const command = program
    .command('export')
    .summary('copy keys with their values into a file')
    .description(
      'Writes every key with its value and the time at which it expires, a line of JSON each, for tandem import. What is written meanwhile is in it or not; any other key is.',
    )
    .argument('[file]', 'absent or -: the standard output', STDOUT)
    .option('--prefix <text>', 'only keys that begin so')
    .option('--resume', 'go on with a file that was interrupted; begin where there is none')
    .option('--overwrite', 'replace a file that is there')
    .addOption(readFromOption())
    .action(exportKeys);
  examples(
    command,
    'tandem export backup.ndjson',
    'tandem export backup.ndjson --resume',
    'tandem export --prefix user/ | tandem import --primary http://other:5000',
  );
}

async function exportKeys(file: string, options: ExportOptions, command: Command): Promise<void> {
  const { prefix, resume = false, overwrite = false } = options;
  exclude(resume && overwrite, 'Give --resume or --overwrite, not both.');
  exclude(file === STDOUT && (resume || overwrite), '--resume and --overwrite need a file.');
  const settings = settingsOf(command);
  const client = connect(settings, { patience: LONG_PATIENCE_SECONDS, tell: console.error });
  const begun = await openExport(file, { prefix, resume, overwrite });
  const progress = new Progress('exported');
  const count = begun.isWhole ? begun.keys : await copyKeys(client, begun, readingOf(options), progress);
  progress.end();
  const report = { file, keys: count, exported: count - begun.keys, durationMs: progress.elapsedMs };
  const sentence = `${keys(report.exported)} exported in ${(report.durationMs / 1000).toFixed(1)} s; ${file} is whole, with ${keys(count)}.`;
  if (file === STDOUT) console.error(`${keys(count)} exported in ${(report.durationMs / 1000).toFixed(1)} s.`);
  else await printOne(report, sentence, isForPeople(settings));
}

/** @returns how many keys the export has then */
async function copyKeys(client: Client, begun: Begun, reading: Reading, progress: Progress): Promise<number> {
  const { target, prefix } = begun;
  let { cursor, keys: count } = begun;
  try {
    if (cursor === undefined) await target.write(headerLine({ prefix }));
    const pageFrom = (from: string | undefined) => {
      const place = from === undefined ? {} : { cursor: from };
      return client.listPage<JsonText>({ prefix, values: true, limit: PAGE, ...reading, ...place });
    };
    let coming: Promise<KeyPage<ListedEntry<JsonText>>> | undefined = pageFrom(cursor);
    while (coming !== undefined) {
      const page: KeyPage<ListedEntry<JsonText>> = await coming;
      cursor = page.cursor;
      coming = cursor === undefined ? undefined : pageFrom(cursor);
      // While the next page is on its way. That it failed is told in its turn.
      coming?.catch(() => {});
      count += page.keys.length;
      await writePage(target, page.keys, cursor, count);
      progress.add(page.keys.length);
    }
    await target.write(endLine(count));
  } finally {
    await target.close();
  }
  return count;
}

/** In one piece: the fewer, the faster. */
async function writePage(
  target: Target,
  listed: readonly ListedEntry<JsonText>[],
  cursor: string | undefined,
  count: number,
): Promise<void> {
  const lines = listed.map(keyLine);
  if (cursor !== undefined) lines.push(checkpointLine({ cursor, keys: count }));
  await target.write(lines.join(''));
}
