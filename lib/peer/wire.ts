// Every message between the nodes, in both directions: one schema each. What a peer sends is checked here before
// anything else looks at it, whichever of the two sent it.
import * as v from 'valibot';
import { BUCKETS, BUCKETS_PER_GROUP, GROUPS } from '../digest.ts';
import type { JsonLimits } from '../json.ts';
import {
  MAX_ANSWER_BYTES,
  MAX_BATCH_RECORDS,
  MAX_MESSAGE_DEPTH,
  MAX_MESSAGE_PARTS,
  MAX_REMEMBERED,
} from '../limits.ts';
import { compareStamps } from '../record.ts';
import { PROTOCOL } from './protocol.ts';
import {
  ContentsId,
  Cursor,
  Epoch,
  HighestEpoch,
  index,
  isValue,
  Key,
  Reason,
  RecordKey,
  Remembered,
  Time,
  Version,
  Writer,
  whole,
} from './wire-fields.ts';

/** Of the JSON of every message. */
export const MESSAGE_LIMITS: JsonLimits = {
  depth: MAX_MESSAGE_DEPTH,
  parts: MAX_MESSAGE_PARTS,
  length: MAX_ANSWER_BYTES,
};

const StampOfKey = { key: RecordKey, epoch: Epoch, version: Version };

/** A record on its way to the other node. */
export const WireRecord = v.pipe(
  v.object({
    ...StampOfKey,
    value: v.exactOptional(v.string()),
    updatedAt: Time,
    expiresAt: v.exactOptional(Time),
    base: v.exactOptional(
      v.pipe(
        v.object({ epoch: Epoch, version: Version }),
        v.description('The newest stamp in its history that other contents than its writer’s wrote.'),
      ),
    ),
    ownSince: v.exactOptional(
      v.pipe(
        Epoch,
        v.description('The epoch since which only its writer has written the key, where that is not its own.'),
      ),
    ),
    writer: v.exactOptional(v.pipe(Writer, v.description('Names the contents that wrote it.'))),
    remembered: v.exactOptional(
      v.pipe(
        v.array(Remembered),
        v.maxLength(MAX_REMEMBERED, `must be at most ${MAX_REMEMBERED}`),
        v.readonly(),
        v.description('The writes of the key that are remembered by their Idempotency-Key, newest last.'),
      ),
    ),
  }),
  v.forward(
    v.check(
      ({ key, value }) => value === undefined || isValue(key, value),
      'must be JSON text of at most 256 KiB, 64 levels deep',
    ),
    ['value'],
  ),
  v.forward(
    v.check(
      ({ base, ...stamp }) => base === undefined || compareStamps(base, stamp) < 0,
      'is not older than the record',
    ),
    ['base'],
  ),
  v.forward(
    v.check(
      ({ ownSince, epoch }) => ownSince === undefined || ownSince < epoch,
      'is not earlier than the epoch of the record',
    ),
    ['ownSince'],
  ),
);

const Records = v.pipe(
  v.array(WireRecord),
  v.maxLength(MAX_BATCH_RECORDS, `must be at most ${MAX_BATCH_RECORDS}`),
  v.readonly(),
);
/** Records that are checked one by one: one that is wrong holds up none of the others. */
export const UncheckedRecords = v.pipe(
  v.array(v.unknown()),
  v.maxLength(MAX_BATCH_RECORDS, `must be at most ${MAX_BATCH_RECORDS}`),
);

/** Whom a message is from, and to. Other contents than those it is addressed to apply nothing of it. */
const ADDRESS = {
  from: v.pipe(ContentsId, v.description('The contents id of the sending primary.')),
  to: v.pipe(ContentsId, v.description('The contents id that the message is for: other contents refuse it.')),
};

/** How many records there are in the backlog of the node that says so. */
const Owed = v.exactOptional(
  v.pipe(whole(0, Number.MAX_SAFE_INTEGER), v.description('Records that the other node has not acknowledged.')),
);

/** Told along with it. */
const OldestOwed = v.exactOptional(
  v.pipe(
    whole(0, Number.MAX_SAFE_INTEGER),
    v.description('How long ago the oldest of these was written, in milliseconds; 0: there are none.'),
  ),
);

/** What a batch says beside its records. */
const BATCH = {
  ...ADDRESS,
  owed: Owed,
  oldestOwedMs: OldestOwed,
  epoch: v.pipe(Epoch, v.description('The epoch of the sending primary. The replica refuses an earlier one.')),
  after: v.exactOptional(
    v.pipe(
      Epoch,
      v.description(
        'The epoch of this primary that the new one follows: if another primary has begun one since, it is refused.',
      ),
    ),
  ),
  compared: v.exactOptional(
    v.pipe(
      v.object({
        forgetBefore: v.exactOptional(
          v.pipe(
            Time,
            v.description('What died before this time, in milliseconds, and in an earlier epoch, may be forgotten.'),
          ),
        ),
      }),
      v.description('A comparison got through: the replica holds all that the primary does, failed records aside.'),
    ),
  ),
};

/** `POST /replicate`: records on their way to the replica, each in its present state. */
export const BatchSchema = v.object({ ...BATCH, records: Records });
export type Batch = v.InferOutput<typeof BatchSchema>;

/** The same, its records unchecked. */
export const UncheckedBatchSchema = v.object({ ...BATCH, records: UncheckedRecords });

/** What became of one record. The first three are acknowledgements. */
const RecordAnswerSchema = v.union([
  v.object({ outcome: v.picklist(['applied', 'same', 'superseded']) }),
  v.object({
    outcome: v.literal('failed'),
    error: Reason,
  }),
]);
export type RecordAnswer = v.InferOutput<typeof RecordAnswerSchema>;

/** The answer to a batch: one outcome per record, in the batch's order. */
export const BatchAnswerSchema = v.object({
  answers: v.pipe(v.array(RecordAnswerSchema), v.readonly()),
});
export type BatchAnswer = v.InferOutput<typeof BatchAnswerSchema>;

const ASKING = {
  ...ADDRESS,
  epoch: v.exactOptional(v.pipe(Epoch, v.description('The epoch of the asking primary; absent while it recovers.'))),
};

/** `POST /digest` for digests: of all groups of buckets, or of the buckets of some groups. See lib/digest.ts. */
const DigestQuestionSchema = v.strictObject({
  ...ASKING,
  groups: v.exactOptional(v.pipe(v.array(index(GROUPS)), v.maxLength(GROUPS), v.readonly())),
});
export type DigestQuestion = v.InferOutput<typeof DigestQuestionSchema>;

/** `POST /digest` for the stamps in some buckets, page by page. */
const StampQuestionSchema = v.strictObject({
  ...ASKING,
  buckets: v.pipe(v.array(index(BUCKETS)), v.maxLength(BUCKETS), v.readonly()),
  cursor: v.exactOptional(Cursor),
});
export type StampQuestion = v.InferOutput<typeof StampQuestionSchema>;

/** `POST /digest` for the records of some keys. */
const RecordQuestionSchema = v.strictObject({
  ...ASKING,
  keys: v.pipe(v.array(RecordKey), v.minLength(1), v.maxLength(MAX_BATCH_RECORDS), v.readonly()),
});
export type RecordQuestion = v.InferOutput<typeof RecordQuestionSchema>;

/** `POST /digest` for all live records in the order of their keys, page by page: for a primary that starts empty. */
const PageQuestionSchema = v.strictObject({
  ...ASKING,
  after: v.pipe(v.nullable(Key), v.description('The last key of the page before; null: the first page.')),
});
export type PageQuestion = v.InferOutput<typeof PageQuestionSchema>;

/** `POST /digest` for the stamps of what the node owes, page by page: what it wrote as a primary, and nobody has taken over. */
const OwedQuestionSchema = v.strictObject({
  ...ASKING,
  owedAfter: v.pipe(v.nullable(Cursor), v.description('The cursor of the page before; null: the first page.')),
});
export type OwedQuestion = v.InferOutput<typeof OwedQuestionSchema>;

export const QuestionSchema = v.union([
  OwedQuestionSchema,
  StampQuestionSchema,
  RecordQuestionSchema,
  PageQuestionSchema,
  DigestQuestionSchema,
]);

/** Digests of a node, as hexadecimal text on the wire, since JSON numbers do not have 64 bits. */
export const DigestAnswerSchema = v.object({
  /**
   * One per group, or none where the node would have to read all its records; where groups were asked for, one per
   * bucket of these groups, in their order.
   */
  sums: v.pipe(
    v.array(
      v.pipe(
        v.string(),
        v.regex(/^[0-9a-f]{1,16}$/),
        v.transform((hex) => BigInt(`0x${hex}`)),
      ),
    ),
    v.maxLength(BUCKETS),
    v.readonly(),
  ),
});
export type DigestAnswer = v.InferOutput<typeof DigestAnswerSchema>;

export function encodeDigestAnswer({ sums }: DigestAnswer): v.InferInput<typeof DigestAnswerSchema> {
  return { sums: sums.map((sum) => sum.toString(16)) };
}

/** Whether an answer has as many sums as were asked for. */
export function hasSumsFor({ groups }: DigestQuestion, { sums }: DigestAnswer): boolean {
  if (groups) return sums.length === groups.length * BUCKETS_PER_GROUP;
  return sums.length === GROUPS || sums.length === 0;
}

export const StampOnPage = v.object({ ...StampOfKey, deadAt: v.exactOptional(Time) });
export type KeyStamp = v.InferOutput<typeof StampOnPage>;

/** @param stamps how the stamps are checked */
export const pageOf = <S extends v.GenericSchema>(stamps: S) =>
  v.object({
    stamps,
    /** Where the next page starts. Absent: this was the last page. */
    cursor: v.exactOptional(Cursor),
  });

/** A page of stamps: since when each record is dead, if it is or will be. */
export const StampPageSchema = pageOf(v.pipe(v.array(StampOnPage), v.readonly()));
export type StampPage = v.InferOutput<typeof StampPageSchema>;

/** @param records how the records are checked */
export const answerOf = <R extends v.GenericSchema>(records: R) =>
  v.object({
    records,
    /** Of how many keys of the question these are the records; keys that the node does not hold are left out. */
    asked: whole(1, MAX_BATCH_RECORDS),
  });

/** The records of the first `asked` keys of the question. */
export const RecordsAnswerSchema = answerOf(Records);
export type RecordsAnswer = v.InferOutput<typeof RecordsAnswerSchema>;

/** @param records how the records are checked */
export const recordPageOf = <R extends v.GenericSchema>(records: R) =>
  v.object({
    records,
    /** The key that the next page comes after. Absent: this was the last page. */
    last: v.exactOptional(Key),
  });

/** A page of live records, in the order of their keys. */
export const RecordPageSchema = recordPageOf(Records);
export type RecordPage = v.InferOutput<typeof RecordPageSchema>;

/** Whom a former primary gave the lead. */
export const GrantSchema = v.object({
  to: v.pipe(ContentsId, v.description('The contents id of the node that leads from now on.')),
  epoch: v.pipe(Epoch, v.description('The epoch that it begins.')),
});
export type Grant = v.InferOutput<typeof GrantSchema>;

/** `POST /switchover`: the replica asks its primary for the lead. The answer is a grant. */
export const SwitchoverSchema = v.strictObject(ADDRESS);
export type Switchover = v.InferOutput<typeof SwitchoverSchema>;

/** `POST /handshake`, question and answer alike: what a node says of itself. It is answered at once, in every state. */
export const HandshakeSchema = v.object({
  role: v.picklist(['primary', 'replica']),
  id: v.pipe(ContentsId, v.description('The contents id of the node.')),
  state: v.pipe(
    v.picklist(['recovering', 'refilling', 'serving', 'switching']),
    v.description(
      '`recovering`, `refilling`: it may lack what the other node holds. `switching`: it takes no writes, since the replica is to lead.',
    ),
  ),
  highestEpoch: v.pipe(HighestEpoch, v.description('The highest epoch that the node has seen; 0: none.')),
  owed: Owed,
  oldestOwedMs: OldestOwed,
  keys: v.exactOptional(v.pipe(whole(0, Number.MAX_SAFE_INTEGER), v.description('Live keys that the node holds.'))),
  grant: v.exactOptional(
    v.pipe(GrantSchema, v.description('The node was the primary, and gave the lead to these contents.')),
  ),
});
export type Handshake = v.InferOutput<typeof HandshakeSchema>;

/** The members of a problem (RFC 9457) that one node looks at when the other refuses. */
export const RefusalSchema = v.object({
  code: v.string(),
  /** The protocol of the answering node. Absent: 1, or the answer is of somebody else. */
  protocol: v.exactOptional(v.number()),
  /** With `stale_epoch`: the higher epoch that the answering node has seen. */
  highestEpoch: v.exactOptional(Epoch),
  /** With `stale_epoch`: the contents id of the primary that began it, where that is known. */
  begunBy: v.exactOptional(ContentsId),
  /** With `not_in_sync`: why the lead was not given. */
  reason: v.exactOptional(Reason),
  /** With `switching` and `recovering`: the same, in a sentence. */
  detail: v.exactOptional(Reason),
  /** With `other_contents`: the contents id that the answering node has now. */
  id: v.exactOptional(ContentsId),
});
export type Refusal = v.InferOutput<typeof RefusalSchema>;

const ProtocolSchema = v.object({ protocol: v.fallback(v.number(), 1) });

/** A message as it is sent: with the protocol that it is of. */
export function withProtocol<M extends object>(message: M): M & { readonly protocol: number } {
  return { protocol: PROTOCOL, ...message };
}

/** The protocol that a message is of, and the message without it. */
export function splitProtocol(message: unknown): { readonly protocol: number; readonly content: unknown } {
  const parsed = v.safeParse(ProtocolSchema, message);
  if (!parsed.success || typeof message !== 'object' || message === null) return { protocol: 1, content: message };
  const { protocol: _, ...content } = message as Record<string, unknown>;
  return { protocol: parsed.output.protocol, content };
}
