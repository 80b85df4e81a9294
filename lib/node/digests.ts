// What this process's node tells the other of what it holds.
import { serveDigests } from '../replication/serve-digests.ts';
import { ready } from './announcement.ts';
import { clock } from './process.ts';
import { store } from './store.ts';

export const digestServer = serveDigests(store, clock, ready);
