// GET and POST /digest: what this node holds, for the other one to compare.
import { digestAnswer } from '../lib/http/digest-answer.ts';
import { endpoint } from '../lib/http/endpoint.ts';
import { config } from '../lib/node/process.ts';
import { store } from '../lib/node/store.ts';
import { serveDigests } from '../lib/replication/serve-digests.ts';

const server = serveDigests(store, config.role === 'replica');

export const handler = endpoint((event) => digestAnswer(event, server), { access: 'peer' });
