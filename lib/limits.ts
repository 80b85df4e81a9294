// The sizes of the API, in one place: validation, the OpenAPI document and the stores read them here.

export const MAX_KEY_BYTES = 1024;
export const MAX_VALUE_BYTES = 256 * 1024;
export const MAX_VALUE_DEPTH = 64;
/** Room for a value at its limit with every character escaped and white space around it. */
export const MAX_BODY_BYTES = 2 * 1024 * 1024;
/** A batch at its limit, every character escaped; below the 6 MB that Lambda takes. */
export const MAX_PEER_BODY_BYTES = 5 * 1024 * 1024;
export const MAX_TTL_SECONDS = 315_360_000;
export const MAX_PAGE = 1000;
export const DEFAULT_PAGE = 100;
export const MAX_WAIT_SECONDS = 20;
/** A conditional header names at most so many tags: DynamoDB decides conditions of limited length. */
export const MAX_TAGS = 20;
/** A status keeps this many attempts for the present version. */
export const MAX_ATTEMPTS = 10;
/** One batch to the replica: at most this many records, and about this many bytes of keys and values. */
export const MAX_BATCH_RECORDS = 500;
export const MAX_BATCH_BYTES = 1024 * 1024;
/** Into a durable store, of which a replica must take them in well within the time limit of a request. */
export const MAX_DURABLE_BATCH_RECORDS = 100;
/** A write ships its own record for so long at most, in milliseconds; then a repair may. */
export const LEASE_MS = 10_000;
/** A reign over a durable store lasts so long at most, in milliseconds; then the next one begins. */
export const REIGN_MS = 24 * 60 * 60 * 1000;
