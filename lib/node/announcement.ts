// How the replica of this process's node tells its primary that it has started, in memory: as soon as this file is loaded.
import { announce } from '../replication/announce.ts';
import { describe, peer } from './peer.ts';
import { clock, config, log } from './process.ts';
import { store } from './store.ts';

/** Messages wait until it has resolved. Absent where nothing is announced. */
export const ready = start();

// The contents of a durable replica are still there: its primary need not know of a process that starts.
function start(): Promise<void> | undefined {
  if (config.role !== 'replica' || store.nodeState) return undefined;
  const announcement = announce({ peer, store, clock, describe });
  announcement.done.catch((error) => {
    log.error('the replica could not tell its primary that it has started', {}, error);
  });
  return announcement.ready;
}
