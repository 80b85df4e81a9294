// POST /handshake: each node tells the other what it is.
import { endpoint } from '../lib/http/endpoint.ts';
import { peerAnswer } from '../lib/http/peer-answer.ts';
import { handshakeOf } from '../lib/http/peer-body.ts';
import { node } from '../lib/node/node.ts';

export const handler = endpoint(async (event) => peerAnswer(await node.handshake(handshakeOf(event))), {
  access: 'peer',
  whileRecovering: true,
});
