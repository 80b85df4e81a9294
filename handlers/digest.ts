// GET and POST /digest: what this node holds, for the other one to compare.
import { json } from '../lib/http/answer.ts';
import { answerDigest } from '../lib/http/digest-question.ts';
import { endpoint } from '../lib/http/endpoint.ts';
import { config } from '../lib/node.ts';
import { createContents } from '../lib/replication/contents.ts';
import { store } from '../lib/store-node.ts';

const contents = createContents(store, config.role === 'replica');

export const handler = endpoint(async (event) => json(200, await answerDigest(event, contents)), { access: 'peer' });
