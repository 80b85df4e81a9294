// The lines of an export. The first one says what it is, the last one that it is whole. Between them stands a line for each key, and
// after each page of keys one with the cursor from which an export that was interrupted goes on.
import { JsonText } from '../client/client.ts';
import { sourcesOf } from '../lib/json.ts';
import { usageError } from './failure.ts';
import { jsonOf } from './json-line.ts';

const FORMAT = 'tandem-export';
const VERSION = 1;

export interface Header {
  /** Only keys that begin so were exported. */
  readonly prefix: string;
}

export interface ExportedKey {
  readonly key: string;
  readonly value: JsonText;
  readonly expiresAt?: string;
}

export interface Checkpoint {
  /** Where the next page begins. */
  readonly cursor: string;
  /** How many keys stand above. */
  readonly keys: number;
}

export interface End {
  readonly end: true;
  readonly keys: number;
}

export function headerLine({ prefix }: Header): string {
  return `${jsonOf({ format: FORMAT, version: VERSION, prefix })}\n`;
}

export function keyLine({ key, value, expiresAt }: ExportedKey): string {
  return `${jsonOf({ key, value, expiresAt })}\n`;
}

export function checkpointLine({ cursor, keys }: Checkpoint): string {
  return `${jsonOf({ cursor, keys })}\n`;
}

export function endLine(keys: number): string {
  return `${jsonOf({ end: true, keys } satisfies End)}\n`;
}

/** @throws CommandFailed for what is no export, or one of a later version */
export function headerIn(line: string | undefined): Header {
  const header = line === undefined ? undefined : parsed(line);
  if (header?.format !== FORMAT)
    throw usageError(`This is no export of Tandem: its first line must be ${headerLine({ prefix: '' }).trim()}.`);
  if (header.version !== VERSION)
    throw usageError(`This export has version ${header.version}, and this command reads version ${VERSION}.`);
  return { prefix: typeof header.prefix === 'string' ? header.prefix : '' };
}

/** @param number of the line, for the sentence @throws CommandFailed for a line that is none of an export */
export function lineIn(line: string, number: number): ExportedKey | Checkpoint | End {
  const fields = parsed(line);
  if (typeof fields?.key === 'string' && 'value' in fields) {
    const { key, expiresAt } = fields;
    const value = new JsonText(sourcesOf(line)('value') as string);
    if (expiresAt === undefined) return { key, value };
    if (typeof expiresAt === 'string' && !Number.isNaN(Date.parse(expiresAt))) return { key, value, expiresAt };
  }
  const keys = Number(fields?.keys);
  if (typeof fields?.cursor === 'string') return { cursor: fields.cursor, keys };
  if (fields?.end === true) return { end: true, keys };
  throw usageError(
    `Line ${number} is none of an export: it needs a key and a value, and expiresAt, if it is there, is a time.`,
  );
}

function parsed(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
