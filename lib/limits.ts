// The limits of the API and of the protocol, in one place: validation, the OpenAPI document and the stores read them.

export const MAX_KEY_BYTES = 1024;
export const MAX_VALUE_BYTES = 256 * 1024;
export const MAX_VALUE_DEPTH = 64;
/** Room for a value at its limit with every character escaped and white space around it. */
export const MAX_BODY_BYTES = 2 * 1024 * 1024;
/** Operations in one batch of a client, and bytes of its body. Answers with values end at MAX_PAGE_BYTES. */
export const MAX_OPERATIONS = 100;
export const MAX_OPERATIONS_BYTES = 1024 * 1024;
/** Room for a batch at its limit with every character escaped; below the 6 MB that Lambda takes. */
export const MAX_PEER_BODY_BYTES = 5 * 1024 * 1024;
/**
 * Values and names in the JSON of a write: as many as a value at its limit can have, when an empty array counts for two. In
 * other bodies of clients: 100 faults have 1,300. In a message between the nodes: a page of stamps has 18,000, and a batch whose
 * records remember all the writes that they can has 57,000.
 */
export const MAX_VALUE_PARTS = 175_000;
export const MAX_FORM_PARTS = 5000;
export const MAX_MESSAGE_PARTS = 75_000;
/** Of a message between the nodes that is an answer: a page of stamps or of records has about 1 MiB. */
export const MAX_ANSWER_BYTES = 8 * 1024 * 1024;
/** Levels of arrays and objects in a message between the nodes. */
export const MAX_MESSAGE_DEPTH = 10;
export const MAX_TTL_SECONDS = 315_360_000;
export const MAX_PAGE = 1000;
export const DEFAULT_PAGE = 100;
export const MAX_WAIT_SECONDS = 20;
/** Requests that wait for a key at a time in one process: each holds a connection, and about 20 KB. */
export const MAX_WAITING = 500;
/** Requests that wait for the next change at a time in one process. */
export const MAX_FEED_WAITING = 2000;
/** What happened lately, in one process: how many events are kept, and about how many bytes they take. */
export const MAX_EVENTS = 10_000;
export const MAX_EVENT_BYTES = 8 * 1024 * 1024;
/** Requests that wait for the next event at a time in one process. */
export const MAX_EVENT_WAITING = 50;
/** Bytes of a page of events, or of keys with their values, beyond which it ends. */
export const MAX_PAGE_BYTES = 1024 * 1024;
/** Entity tags in one conditional header: DynamoDB decides conditions of limited length. */
export const MAX_TAGS = 20;
/** Of the header Idempotency-Key, in characters. */
export const MAX_IDEMPOTENCY_KEY = 64;
/** The last writes of a key that a record remembers by their Idempotency-Key, whichever clients made them. */
export const REMEMBERED_LAST = 8;
/** All writes that a record remembers at most: the last ones, and the newest write of each client. */
export const MAX_REMEMBERED = 32;
/** Milliseconds for which the newest write of a client is remembered, where it is not among the last ones. */
export const REMEMBERED_MS = 10 * 60 * 1000;
/** Characters of a value that a PATCH has made, and that is remembered: the sum of two numbers has at most 25. */
export const MAX_REMEMBERED_VALUE = 100;
/** Attempts that a status keeps for the present version. */
export const MAX_ATTEMPTS = 10;
/** The highest version, and the highest epoch in milliseconds: 2^48, so that arithmetic with them stays exact. */
export const MAX_STAMP_PART = 2 ** 48;
/** Limits of a page of the heads in some buckets: how many, and about how many characters of keys. */
export const MAX_PAGE_HEADS = 2000;
export const MAX_PAGE_KEY_LENGTH = 256 * 1024;
/** Records in one batch to the replica, and about how many bytes of keys and values. */
export const MAX_BATCH_RECORDS = 500;
export const MAX_BATCH_BYTES = 1024 * 1024;
/** Records in one batch of a repair over durable stores: the replica takes them in well within a request's time limit. */
export const MAX_DURABLE_BATCH_RECORDS = 100;
/** What values of divergent writes take in memory at most, by the estimate of lib/store/memory/records.ts. */
export const MAX_DIVERGENT_BYTES = 16 * 1024 * 1024;
/** How long a write ships its own record, in milliseconds; from then on a repair may. */
export const IN_FLIGHT_MS = 10_000;
/** How long an epoch over a durable store lasts, in milliseconds; then the next one begins. */
export const EPOCH_MS = 24 * 60 * 60 * 1000;
