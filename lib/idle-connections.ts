// Kept connections that nobody uses at the moment. Where one has died unnoticed, as while a process was asleep, all may have: each
// would fail one more request.
import type { Agent } from 'node:http';

/** Closes them: the next request opens a new one. */
export function closeIdle({ freeSockets }: Pick<Agent, 'freeSockets'>): void {
  for (const sockets of Object.values(freeSockets)) for (const socket of sockets ?? []) socket.destroy();
}
