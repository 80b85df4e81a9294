// GET and POST /digest: what this node holds, for the other one to compare.
import { digestAnswer } from '../lib/http/digest-answer.ts';
import { endpoint } from '../lib/http/endpoint.ts';
import { node } from '../lib/node/node.ts';

export const handler = endpoint((event) => digestAnswer(event, node.digests), {
  access: 'peer',
  whileRecovering: true,
});
