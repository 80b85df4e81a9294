// GET and POST /digest: what this node holds, for the other one to compare.
import { digestAnswer } from '../lib/http/digest-answer.ts';
import { endpoint } from '../lib/http/endpoint.ts';
import { digestServer } from '../lib/node/digests.ts';

export const handler = endpoint((event) => digestAnswer(event, digestServer), { access: 'peer' });
