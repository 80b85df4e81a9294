// What the other node sends, checked by the schemas of lib/peer/wire.ts before any of it is used.
import * as v from 'valibot';
import { TandemError } from '../errors.ts';
import { fieldOf, reasonOf } from '../issue.ts';
import { parseJson } from '../json.ts';
import { MAX_PEER_BODY_BYTES } from '../limits.ts';
import { type CheckedBatch, checkBatch } from '../peer/check-records.ts';
import { PROTOCOL } from '../peer/protocol.ts';
import {
  type Handshake,
  HandshakeSchema,
  MESSAGE_LIMITS,
  QuestionSchema,
  type Switchover,
  SwitchoverSchema,
  splitProtocol,
} from '../peer/wire.ts';
import { type Event, jsonTextOf } from './request.ts';

/**
 * A batch, of which each record is checked alone.
 * @throws TandemError `invalid_json`, `value_too_large`, `invalid_body` naming the first field of the batch that is wrong
 */
export async function batchOf(event: Event): Promise<CheckedBatch> {
  const checked = await checkBatch(messageOf(event));
  if ('batch' in checked) return checked;
  throw invalid(checked, ' Nothing of this batch was applied.');
}

/**
 * A question about what this node holds.
 * @throws TandemError `invalid_json`, `value_too_large`, `invalid_body`
 */
export function questionOf(event: Event): v.InferOutput<typeof QuestionSchema> {
  const result = v.safeParse(QuestionSchema, messageOf(event), { abortEarly: true });
  if (result.success) return result.output;
  const detail =
    'Say from and to, and ask for groups, for buckets with a cursor, for keys, or for what is owed; or for nothing.';
  throw new TandemError('invalid_body', detail);
}

/** @throws TandemError `invalid_json`, `value_too_large`, `invalid_body` naming the first field that is wrong */
export function handshakeOf(event: Event): Handshake {
  return parsed(HandshakeSchema, event);
}

/** @throws TandemError `invalid_json`, `value_too_large`, `invalid_body` naming the first field that is wrong */
export function switchoverOf(event: Event): Switchover {
  return parsed(SwitchoverSchema, event);
}

function parsed<S extends v.GenericSchema>(schema: S, event: Event): v.InferOutput<S> {
  const result = v.safeParse(schema, messageOf(event), { abortEarly: true });
  if (result.success) return result.output;
  throw invalid(result.issues[0]);
}

/** What the other node sends, if it is of the same protocol. Another version means other things by the same words. */
function messageOf(event: Event): unknown {
  const { protocol, content } = splitProtocol(parseJson(jsonTextOf(event, MAX_PEER_BODY_BYTES), MESSAGE_LIMITS));
  if (protocol === PROTOCOL) return content;
  const detail = `protocol: this node speaks protocol ${PROTOCOL}, and the other one ${protocol}. Deploy one version on both; until then nothing is applied.`;
  throw new TandemError('invalid_body', detail, { field: 'protocol' });
}

function invalid(issue: v.BaseIssue<unknown>, consequence = ''): TandemError {
  const field = fieldOf(issue, 'the body');
  return new TandemError('invalid_body', `${field}: ${reasonOf(issue)}.${consequence}`, { field });
}
