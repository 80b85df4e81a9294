// The answer to a handshake.
import { type Handshake, withProtocol } from '../peer/wire.ts';
import { type Answer, json } from './answer.ts';

/** @param own what this node says of itself */
export function handshakeAnswer(own: Handshake): Answer {
  return json(200, withProtocol(own));
}
