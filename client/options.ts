// What a client is told when it is made, checked once.

/** The addresses of a client, called after the options that named them. Which node leads may be another one by now. */
export type NodeName = 'primary' | 'replica';

/**
 * Whom reads ask. `primary`: the node that leads, and no other. `replica`: the other one, and the node that leads where that does
 * not answer. `nearest`: the one that answers faster, and the other one where that does not answer.
 */
export type ReadFrom = 'primary' | 'replica' | 'nearest';

export interface RetryOptions {
  /** How long a call takes at most, in milliseconds: all tries and pauses. 30,000 unless given. */
  readonly limitMs?: number;
  /** How many requests a call makes at most, to both nodes together. 1,000 unless given. */
  readonly attempts?: number;
  /** A pause is a random time up to this, in milliseconds; up to twice as long each time. 50 unless given. */
  readonly firstPauseMs?: number;
  /** What the longest pause is below, in milliseconds. 1,000 unless given. */
  readonly longestPauseMs?: number;
}

export interface ClientOptions {
  /** The URL of the node that begins as the primary. */
  readonly primary: string;
  /** The URL of the other node. Without it nothing is left to ask where the first one does not answer, or does not lead. */
  readonly replica?: string;
  /** WRITE_TOKEN or READ_TOKEN of the nodes. It is sent to the addresses above, and nowhere else. */
  readonly token?: string;
  /** `false`: each call is tried once. `true`, as unless given: within the limits of RetryOptions. */
  readonly retry?: boolean | RetryOptions;
  /** How long one request waits for its whole answer, in milliseconds, before it counts as lost. 5,000 unless given. */
  readonly timeoutMs?: number;
  /** `primary` unless given. */
  readonly readFrom?: ReadFrom;
  /** Whether a read sees what this client wrote before, whichever node it asks. `true` unless given. */
  readonly readYourWrites?: boolean;
  /** Used in place of the global `fetch`. */
  readonly fetch?: typeof fetch;
  /** Reads the JSON of answers in place of `JSON.parse`, which rounds numbers that no double holds. */
  readonly parse?: (text: string) => unknown;
}

/** The same, complete. */
export interface Settings {
  readonly primary: string;
  readonly replica: string | undefined;
  readonly token: string | undefined;
  /** Absent: nothing is tried again. */
  readonly retry: Required<RetryOptions> | undefined;
  readonly timeoutMs: number;
  readonly readFrom: ReadFrom;
  readonly readsOwnWrites: boolean;
  readonly fetch: typeof fetch;
  readonly parse: (text: string) => unknown;
}

const RETRY: Required<RetryOptions> = { limitMs: 30_000, attempts: 1000, firstPauseMs: 50, longestPauseMs: 1000 };
const TIMEOUT_MS = 5000;
const READ_FROM: readonly ReadFrom[] = ['primary', 'replica', 'nearest'];

/** @throws TypeError that names the option that is wrong */
export function settingsOf(options: ClientOptions): Settings {
  const { readFrom = 'primary', timeoutMs = TIMEOUT_MS } = options;
  const primary = addressOf('primary', options.primary);
  const replica = options.replica === undefined ? undefined : addressOf('replica', options.replica);
  if (primary === replica) throw new TypeError('primary and replica must be the URLs of two nodes, not of one.');
  if (!READ_FROM.includes(readFrom)) throw new TypeError(`readFrom must be one of ${READ_FROM.join(', ')}.`);
  return {
    primary,
    replica,
    token: tokenOf(options.token),
    retry: retryOf(options.retry),
    timeoutMs: positive('timeoutMs', timeoutMs),
    readFrom,
    readsOwnWrites: options.readYourWrites ?? true,
    // Whatever stands there when a request is made: tests put another one there.
    fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
    parse: options.parse ?? JSON.parse,
  };
}

/** Without a slash at its end: what is asked for begins with one. */
function addressOf(option: NodeName, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '')
    throw new TypeError(`${option} must be the URL of a node, such as http://localhost:5000.`);
  if (url.username !== '' || url.password !== '')
    throw new TypeError(`${option} must be a URL without a user and a password: a token is the option token.`);
  return url.href.replace(/\/+$/, '');
}

function tokenOf(token: string | undefined): string | undefined {
  if (token === undefined || /^[\x21-\x7e]+$/.test(token)) return token;
  throw new TypeError('token must be visible ASCII characters, as RFC 6750 has them.');
}

function retryOf(retry: ClientOptions['retry'] = true): Settings['retry'] {
  if (retry === false) return undefined;
  const settings = { ...RETRY, ...(retry === true ? {} : retry) };
  for (const [name, value] of Object.entries(settings)) positive(`retry.${name}`, value);
  return settings;
}

function positive(name: string, value: number): number {
  if (value > 0 && Number.isFinite(value)) return value;
  throw new TypeError(`${name} must be a number above 0, not ${value}.`);
}
