// The answer to a message of the other node that asks for no metrics.
import { withProtocol } from '../peer/wire.ts';
import { type Answer, json } from './answer.ts';

/** @param message what is answered: a handshake or a grant */
export function peerAnswer(message: object): Answer {
  return json(200, withProtocol(message));
}
