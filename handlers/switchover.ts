// POST /switchover: the replica asks for the lead.
import { endpoint } from '../lib/http/endpoint.ts';
import { peerAnswer } from '../lib/http/peer-answer.ts';
import { switchoverOf } from '../lib/http/peer-body.ts';
import { node } from '../lib/node/node.ts';

export const handler = endpoint(async (event) => peerAnswer(await node.switchover(switchoverOf(event))), {
  access: 'peer',
  whileRecovering: true,
});
