// The lines of a file. A line ends with a line feed and with nothing else: other characters that some take for line breaks stand in
// strings of JSON.
import { usageError } from './failure.ts';

export interface Line {
  readonly text: string;
  /** From 1 on. */
  readonly number: number;
  /** Where it ends in the file, in bytes, its line feed included. */
  readonly endsAt: number;
}

const LINE_FEED = 10;
const NOTHING: Uint8Array = new Uint8Array();

/**
 * Whole lines only: what stands behind the last line feed was interrupted.
 * @throws CommandFailed for what is not UTF-8
 */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let begun: Uint8Array[] = [];
  let number = 0;
  let endsAt = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
      const bytes = joined([...begun, chunk.subarray(start, end)]);
      begun = [];
      start = end + 1;
      number++;
      endsAt += bytes.length + 1;
      yield { text: decoded(bytes, decoder, number), number, endsAt };
    }
    if (start < chunk.length) begun.push(chunk.subarray(start));
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return parts.length === 1 ? (parts[0] ?? NOTHING) : Buffer.concat(parts);
}

function decoded(bytes: Uint8Array, decoder: InstanceType<typeof TextDecoder>, number: number): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw usageError(
      `Line ${number} is not UTF-8. Windows PowerShell writes UTF-16 with >: name the file to tandem export.`,
    );
  }
}
