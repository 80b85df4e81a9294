// Reads and writes of one key. They go as a batch of one: that names the key in its body, where every key can be, also those that
// no path can name, or that a gateway would cut.
import type { Client, Operation, ReadFrom, ResultOf } from '../client/client.ts';

/** @throws TandemError */
export async function one<const Of extends Operation>(
  client: Client,
  operation: Of,
  readFrom?: ReadFrom,
): Promise<ResultOf<Of>> {
  const [result] = await client.batch([operation], readFrom === undefined ? {} : { readFrom });
  if (result.status === 'rejected') throw result.reason;
  return result.value as ResultOf<Of>;
}
