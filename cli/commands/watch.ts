// `tandem watch`: follows what changes.
import type { Command } from 'commander';
import { type Change, type ChangeFeed, isTandemError, type JsonText } from '../../client/client.ts';
import { connect } from '../connect.ts';
import { examples } from '../help.ts';
import { jsonOf } from '../json-line.ts';
import { write } from '../print.ts';
import { type Reading, readFromOption, readingOf } from '../read-from.ts';
import { isForPeople, settingsOf } from '../settings.ts';
import { shownShort } from '../shown.ts';

interface WatchOptions extends Reading {
  readonly prefix?: string;
  readonly since: string;
  readonly values?: boolean;
}

const BEGINNING = 'beginning';
/** Characters of a value on a terminal. */
const MOST = 80;
const BEGINS_AGAIN =
  'The node cannot tell what was missed: it was started again in memory, or the cursor is too old. Every key that it holds comes now.';

export function addWatch(program: Command): void {
  const command = program
    .command('watch')
    .summary('follow what changes')
    .description(
      'Prints each change as it comes, until it is stopped. It goes on after its node was started again, and says so on stderr. Each change is printed at least once; where a node in memory was started again, every key that it holds then is.',
    )
    .option('--prefix <text>', 'only keys that begin so')
    .option(
      '--since <cursor>',
      `the cursor of the last line that was dealt with; ${BEGINNING}: every key that there is comes first`,
      'now',
    )
    .option('--values', 'with the values')
    .addOption(readFromOption())
    .action(watch);
  examples(
    command,
    'tandem watch --prefix user/ --values',
    'tandem watch --read-from replica --json',
    'tandem watch --since beginning > changes.ndjson',
  );
}

async function watch(options: WatchOptions, command: Command): Promise<void> {
  const settings = settingsOf(command);
  const client = connect(settings, { tell: console.error });
  const { prefix, values = false, since } = options;
  const common = { values, ...(prefix !== undefined && { prefix }), ...readingOf(options) };
  const line = isForPeople(settings) ? sentence : jsonOf;
  let from = since === BEGINNING ? undefined : since;
  let hasBegun = false;
  for (;;) {
    const feed = client.changes<JsonText>({ ...common, ...(from !== undefined && { since: from }) });
    try {
      await print(feed, line);
    } catch (error) {
      hasBegun ||= feed.node !== undefined;
      if (isTandemError(error, 'cursor_gone')) console.error(BEGINS_AGAIN);
      // A watch that has begun has all the time there is.
      else if (!hasBegun || !isForTheMoment(error)) throw error;
      from = isTandemError(error, 'cursor_gone') ? undefined : feed.cursor;
    }
  }
}

type Told = Change<JsonText> & { readonly cursor?: string };

async function print(feed: ChangeFeed<JsonText>, line: (change: Told) => string): Promise<void> {
  for await (const change of feed) {
    const { cursor } = feed;
    await write(`${line({ ...change, ...(cursor !== undefined && { cursor }) })}\n`);
  }
}

function isForTheMoment(error: unknown): boolean {
  return isTandemError(error) && (error.code === 'unreachable' || (error.status ?? 0) >= 500);
}

function sentence({ updatedAt, key, version, deleted, value }: Told): string {
  const what = deleted ? 'deleted' : `version ${version}`;
  return `${updatedAt}  ${shownShort(key, MOST)}  ${what}${value === undefined ? '' : `  ${shownShort(value.text, MOST)}`}`;
}
