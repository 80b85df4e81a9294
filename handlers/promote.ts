// POST /promote: have this node lead.
import { json } from '../lib/http/answer.ts';
import { endpoint } from '../lib/http/endpoint.ts';
import { promoteBody, promoteBodyOf } from '../lib/http/promote-body.ts';
import { node } from '../lib/node/node.ts';
import { clock } from '../lib/node/process.ts';

export const handler = endpoint(
  async (event) => {
    const { force } = promoteBodyOf(event);
    const began = clock.elapsed();
    return json(200, promoteBody(await node.promote(force), clock.elapsed() - began));
  },
  { access: 'write', whileRecovering: true },
);
