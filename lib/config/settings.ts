// The settings that Parameter Store may hold: tokens, and the URL of the other node. Each is looked up at its first use,
// and again from time to time, so that a token can be changed without deploying again.
import type { Clock } from '../clock.ts';
import { TandemError } from '../errors.ts';
import type { Log } from '../telemetry/log.ts';
import type { Config } from './config.ts';
import { ConfigError, parseTokens, parseUrl, type Setting } from './environment.ts';
import { ParameterError, type ParameterStore, parameterStore } from './parameter-store.ts';

/** How long a value counts from when it was asked for, in milliseconds; until then an old token still opens. */
const VALUE_AGE_MS = 5 * 60_000;
/** The pause before the next try, in milliseconds, when a value could not be read again: the last one still counts. */
const REREAD_MS = 30_000;
/** The pause when there is no value yet, in milliseconds: an account has few reads a second for all its functions. */
const FIRST_REREAD_MS = 1000;

export interface Settings {
  /** The URL of the other node, without a trailing slash. */
  readonly peerUrl: Lookup<string>;
  /** The tokens that open, one or two of each kind; the first is the one to send. Absent: none is needed. */
  readonly peerTokens: Lookup<readonly string[]>;
  readonly writeTokens: Lookup<readonly string[]> | undefined;
  readonly readTokens: Lookup<readonly string[]> | undefined;
}

/**
 * Looks a setting up. A failure is in the log already.
 * @param isAhead whether nobody needs it yet
 * @throws ConfigError when the parameter is not there or wrong; TandemError `store_unavailable` when it cannot be read
 */
export type Lookup<T> = (isAhead?: boolean) => T | Promise<T>;

/** Has settings looked up, so that they are there when the first request comes. */
export function lookUpAhead(lookups: readonly Lookup<unknown>[]): void {
  // A failure is in the log already; the request that needs the setting tries anew.
  for (const lookup of lookups) Promise.resolve(lookup(true)).catch(() => {});
}

type Parse<T> = (name: string, value: string) => T;

export function createSettings(config: Config, clock: Clock, log: Log): Settings {
  const { region = '', peerRegion = '' } = config.aws ?? {};
  const stores = new Map<string, ParameterStore>();
  const storeIn = (where: string): ParameterStore => {
    if (!config.aws) throw new ConfigError('Parameter Store needs AWS_REGION and credentials.');
    const store = stores.get(where) ?? parameterStore(where, config.aws.credentials);
    stores.set(where, store);
    return store;
  };
  const lookup = <T>(setting: Setting, parse: Parse<T>, where = region): Lookup<T> => {
    if ('value' in setting) {
      const value = parse(setting.variable, setting.value);
      return () => value;
    }
    return cached(() => read(setting, parse, storeIn(where)), clock, log);
  };
  const tokens = (setting: Setting) => lookup(setting, parseTokens);
  return {
    peerUrl: lookup(config.peerUrl, parseUrl, peerRegion),
    peerTokens: tokens(config.peerToken),
    writeTokens: config.writeToken && tokens(config.writeToken),
    readTokens: config.readToken && tokens(config.readToken),
  };
}

/** @throws Error whose message is for the log: it names the variable and the parameter, and does not show the value */
async function read<T>(
  { variable, parameter }: Extract<Setting, { parameter: string }>,
  parse: Parse<T>,
  store: ParameterStore,
): Promise<T> {
  const value = await store.get(parameter).catch((error) => {
    const reason = `${variable}_PARAMETER names '${parameter}', which could not be read: ${error.message}`;
    if (error instanceof ParameterError && error.isPassing) throw new ParameterError(reason, true);
    throw new ConfigError(reason);
  });
  return parse(`The parameter '${parameter}' (${variable}_PARAMETER)`, value);
}

/**
 * Reads once, and again when the value is old. Calls that come meanwhile share one reading. A process may sleep while one is under
 * way: what it brings then is as old as the question. And where nobody needed the value yet, that it could not be read does not
 * count.
 */
function cached<T>(read: () => Promise<T>, clock: Clock, log: Log): Lookup<T> {
  let value: { readonly of: T } | undefined;
  /** Compared as times of day: elapsed time stands still while a process sleeps. */
  let countsFrom = Number.NEGATIVE_INFINITY;
  let countsFor = 0;
  let reading: Promise<T>;
  /** Of the reading that is under way. */
  let askedAt: number | undefined;
  let isReadAhead = false;

  async function refresh(now: number): Promise<T> {
    askedAt = now;
    try {
      value = { of: await read() };
      countsFrom = now;
      countsFor = VALUE_AGE_MS;
      return value.of;
    } catch (error) {
      countsFrom = clock.now();
      const reason = error instanceof Error ? error.message : String(error);
      if (value) {
        countsFor = REREAD_MS;
        log.warn('a setting could not be read again; its last value still counts', { reason });
        return value.of;
      }
      const isPassing = error instanceof ParameterError;
      const isToBeTriedAnew = isReadAhead && isPassing;
      countsFor = isToBeTriedAnew ? 0 : FIRST_REREAD_MS;
      log[isToBeTriedAnew ? 'warn' : 'error']('a setting could not be read', { reason });
      throw isPassing ? notNow() : error;
    } finally {
      askedAt = undefined;
    }
  }

  return function lookUp(isAhead = false): T | Promise<T> {
    const now = clock.now();
    if (askedAt !== undefined) {
      // What it brings may be too old by now.
      const again = () => lookUp();
      if (now - askedAt >= VALUE_AGE_MS) return reading.then(again, again);
      return isReadAhead && !isAhead ? reading.catch(again) : reading;
    }
    if (now - countsFrom >= countsFor) {
      isReadAhead = isAhead;
      reading = refresh(now);
      return reading;
    }
    return value ? value.of : reading;
  };
}

/** The error as a client sees it. */
function notNow(): TandemError {
  return new TandemError('store_unavailable', 'Parameter Store, where this node has its tokens, does not answer.');
}
