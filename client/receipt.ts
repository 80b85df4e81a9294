// Which node answered a read, and how it stood, as its headers say.
import type { Receipt, Role } from './answers.ts';

export function receiptOf(headers: Headers, url: string): Receipt {
  const role = headers.get('node-role');
  const epoch = headers.get('node-epoch');
  const staleness = headers.get('staleness');
  return {
    url,
    ...(role !== null && { role: role as Role }),
    ...(epoch !== null && { epoch: Number(epoch) }),
    ...(staleness !== null && { stalenessMs: Number(staleness) }),
  };
}
