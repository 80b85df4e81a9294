// `tandem put`: writes a key.
import { text as textOf } from 'node:stream/consumers';
import type { Command } from 'commander';
import { JsonText, type Written } from '../../client/client.ts';
import { connect } from '../connect.ts';
import { etag } from '../etag.ts';
import { usageError } from '../failure.ts';
import { examples } from '../help.ts';
import { one } from '../one-key.ts';
import { printOne } from '../print.ts';
import { exclude, isForPeople, settingsOf, time, wholeNumber } from '../settings.ts';

interface PutOptions {
  readonly text?: boolean;
  readonly ttl?: number;
  readonly expiresAt?: string;
  readonly ifMatch?: string;
  readonly ifAbsent?: boolean;
  readonly idempotencyKey?: string;
}

const STDIN = '-';

export function addPut(program: Command): void {
  const command = program
    .command('put')
    .summary('write a key')
    .description(
      'Writes a key. It is safe on the node that leads once this is done; the status says whether the other one has it, too.',
    )
    .argument('<key>')
    .argument('<value>', 'JSON; - reads it from the standard input')
    .option('--text', 'the value is a string, as it stands there')
    .option('--ttl <seconds>', 'when the key expires', wholeNumber)
    .option('--expires-at <time>', 'the same as a time, such as 2030-01-31T12:00:00Z', time)
    .option('--if-match <etag>', 'only if the key is as this ETag says', etag)
    .option('--if-absent', 'only if there is no such key')
    .option('--idempotency-key <name>', 'names the write: repeated, it is done once')
    .action(put);
  examples(
    command,
    `tandem put user/ada '{"name":"Ada"}'`,
    'tandem put greeting --text hello --ttl 3600',
    'tandem put user/ada - < ada.json',
    'tandem put lock --text mine --if-absent',
    '# PowerShell before 7.3 drops the quotes of JSON: use the standard input there.',
  );
}

async function put(key: string, given: string, options: PutOptions, command: Command): Promise<void> {
  const { text: isText = false, ...rest } = options;
  exclude(rest.ttl !== undefined && rest.expiresAt !== undefined, 'Give --ttl or --expires-at, not both.');
  exclude(rest.ifMatch !== undefined && rest.ifAbsent === true, 'Give --if-match or --if-absent, not both.');
  const settings = settingsOf(command);
  const client = connect(settings);
  const text = given === STDIN ? await textOf(process.stdin) : given;
  const { ttl, expiresAt, ifMatch, ifAbsent, idempotencyKey } = rest;
  const written = await one(client, {
    op: 'put',
    key,
    value: isText ? text : jsonIn(text),
    ...(ttl !== undefined && { ttl }),
    ...(expiresAt !== undefined && { expiresAt }),
    ...(ifMatch !== undefined && { ifMatch }),
    ...(ifAbsent !== undefined && { ifAbsent }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
  });
  await printOne(written, writtenSentence(written), isForPeople(settings));
}

function jsonIn(text: string): JsonText {
  try {
    return new JsonText(text.trim());
  } catch (error) {
    throw usageError(`The value is no JSON (${(error as Error).message}). With --text it is taken as a string.`);
  }
}

export function writtenSentence({ key, version, etag, status, error }: Written): string {
  const where =
    status === 'replicated'
      ? 'on both nodes'
      : `on the node that leads, and not yet on the other one: ${error ?? status}`;
  return `${key} is at version ${version} (ETag ${etag}), ${where}.`;
}
