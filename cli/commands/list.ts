// `tandem list`: keys in their order.
import type { Command } from 'commander';
import type { Folded, JsonText, ListedKey } from '../../client/client.ts';
import { connect } from '../connect.ts';
import { examples } from '../help.ts';
import { type Column, printAll } from '../print.ts';
import { type Reading, readFromOption, readingOf } from '../read-from.ts';
import { isForPeople, settingsOf } from '../settings.ts';
import { addTaking, type Taking, taken } from '../taken.ts';

interface ListOptions extends Taking, Reading {
  readonly prefix?: string;
  readonly reverse?: boolean;
  readonly delimiter?: string;
  readonly values?: boolean;
}

type Listed = (ListedKey & { readonly value?: JsonText }) | Folded;
/** Of either kind what it has. */
type Part = Partial<ListedKey & Folded & { readonly value: JsonText }>;

const COLUMNS: readonly Column<Listed>[] = [
  { title: 'key', of: (listed) => ('prefix' in listed ? listed.prefix : listed.key) },
  { title: 'version', of: ({ version }: Part) => version },
  { title: 'status', of: ({ status }: Part) => status },
  { title: 'updated', of: ({ updatedAt }: Part) => updatedAt },
  { title: 'expires', of: ({ expiresAt }: Part) => expiresAt },
];
const VALUE: Column<Listed> = { title: 'value', of: ({ value }: Part) => value?.text };

export function addList(program: Command): void {
  const command = program
    .command('list')
    .summary('list keys')
    .description('Lists keys in the order of their UTF-8 bytes.')
    .option('--prefix <text>', 'only keys that begin so')
    .option('--reverse', 'downwards, from the last key')
    .option('--delimiter <text>', 'as folders: what follows it, behind the prefix, is folded into one line')
    .option('--values', 'with the values')
    .addOption(readFromOption());
  addTaking(command).action(list);
  examples(
    command,
    'tandem list --prefix user/ --all',
    'tandem list --delimiter /',
    'tandem list --reverse --limit 1 --values',
    'tandem list --all --values | jq -r .key',
  );
}

async function list({ limit, all, ...options }: ListOptions, command: Command): Promise<void> {
  const settings = settingsOf(command);
  const client = connect(settings);
  const { prefix, reverse, delimiter, values } = options;
  const query = {
    ...(prefix !== undefined && { prefix }),
    ...(reverse && { reverse }),
    ...(delimiter !== undefined && { delimiter }),
    ...(values && { values }),
    ...readingOf(options),
  };
  const listed = taken<Listed>(
    async (page) => {
      const { keys, prefixes = [], cursor } = await client.listPage({ ...query, ...page });
      return { things: [...keys, ...prefixes.map((folded) => ({ prefix: folded }))], cursor };
    },
    { limit, ...(all && { all }) },
  );
  await printAll(listed, values ? [...COLUMNS, VALUE] : COLUMNS, isForPeople(settings));
}
