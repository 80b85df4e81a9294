// Writes the lines of an export to a pair, in batches of which some are under way at a time.
import { type Client, isTandemError, type PutOperation, type TandemError, type Written } from '../client/client.ts';
import { type ExportedKey, headerIn, lineIn } from './export-file.ts';
import { CommandFailed, EXIT } from './failure.ts';
import type { Line } from './lines.ts';

/** What is done where a key is there already. */
export type OnConflict = 'skip' | 'overwrite' | 'fail';

export interface ImportReport {
  readonly written: number;
  /** Were there already. */
  readonly skipped: number;
  /** Between the export and now. */
  readonly expired: number;
  /** Of those written: the replica has not got them yet. */
  readonly notReplicated: number;
  /** Whether the last line was the last one of an export. */
  readonly isWhole: boolean;
}

/** What one request may carry, in operations and about so many characters: a node takes 1 MiB. */
const MOST_KEYS = 100;
const MOST_LENGTH = 256 * 1024;
/** Requests under way at a time: while the nodes write one, the next ones are read. */
const AT_A_TIME = 8;

interface Numbered extends ExportedKey {
  readonly line: number;
}

/**
 * @param tell is called with the number of keys of each batch that is done
 * @throws CommandFailed, TandemError for the first line that is wrong or cannot be written. Some behind it may be written then
 */
export async function importKeys(
  client: Client,
  lines: AsyncGenerator<Line>,
  onConflict: OnConflict,
  tell: (count: number) => void,
): Promise<ImportReport> {
  const { value: first } = await lines.next();
  headerIn(first?.text);
  const counts = { written: 0, skipped: 0, expired: 0, notReplicated: 0 };
  const reading = { isWhole: false };
  const batches = batchesOf(lines, reading);
  const stopped = new AbortController();
  const worker = async () => {
    for await (const batch of { [Symbol.asyncIterator]: () => ({ next: () => batches.next() }) }) {
      stopped.signal.throwIfAborted();
      for (const outcome of await writeBatch(client, batch, onConflict, stopped.signal)) {
        if (outcome === 'skipped' || outcome === 'expired') counts[outcome]++;
        else {
          counts.written++;
          if (outcome.status !== 'replicated') counts.notReplicated++;
        }
      }
      tell(batch.length);
    }
  };
  const failing = (error: unknown) => {
    stopped.abort(error);
    throw error;
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, () => worker().catch(failing)));
  return { ...counts, ...reading };
}

/** @param reading is told whether the last line was there */
async function* batchesOf(lines: AsyncGenerator<Line>, reading: { isWhole: boolean }): AsyncGenerator<Numbered[]> {
  let batch: Numbered[] = [];
  let length = 0;
  for await (const { text, number } of lines) {
    const line = lineIn(text, number);
    if ('end' in line) reading.isWhole = true;
    if (!('key' in line)) continue;
    if (batch.length === MOST_KEYS || length + text.length > MOST_LENGTH) {
      if (batch.length > 0) yield batch;
      batch = [];
      length = 0;
    }
    batch.push({ ...line, line: number });
    length += text.length;
  }
  if (batch.length > 0) yield batch;
}

type Outcome = Written | 'skipped' | 'expired';

async function writeBatch(
  client: Client,
  batch: readonly Numbered[],
  onConflict: OnConflict,
  signal: AbortSignal,
): Promise<Outcome[]> {
  const now = Date.now();
  const [alive, expired] = [batch.filter((each) => !isOver(each, now)), batch.filter((each) => isOver(each, now))];
  const results = await client.batch(
    alive.map((each) => operationOf(each, onConflict)),
    { signal },
  );
  const outcomes = results.map((result, i): Outcome => {
    return result.status === 'fulfilled' ? result.value : refused(result.reason, alive[i] as Numbered, onConflict);
  });
  return [...outcomes, ...expired.map(() => 'expired' as const)];
}

function isOver({ expiresAt }: Numbered, now: number): boolean {
  return expiresAt !== undefined && Date.parse(expiresAt) <= now;
}

function operationOf({ key, value, expiresAt }: Numbered, onConflict: OnConflict): PutOperation {
  return {
    op: 'put',
    key,
    value,
    ...(expiresAt !== undefined && { expiresAt }),
    ...(onConflict !== 'overwrite' && { ifAbsent: true }),
  };
}

/** @throws CommandFailed, TandemError where that ends the import */
function refused(error: TandemError, { key, line }: Numbered, onConflict: OnConflict): Outcome {
  if (isTandemError(error, 'precondition_failed')) {
    if (onConflict === 'skip') return 'skipped';
    throw new CommandFailed(EXIT.unmet, error.code, `Line ${line}: the key '${key}' is there already.`);
  }
  // By the clock of the node.
  if (isTandemError(error, 'invalid_body') && error.details.field === 'expiresAt') return 'expired';
  error.message = `Line ${line}: ${error.message}`;
  throw error;
}
