// The client of a command.
import { type Client, createClient, type NodeName } from '../client/client.ts';
import { parseAnswer } from './exact-answer.ts';
import { usageError } from './failure.ts';
import type { Settings } from './settings.ts';

/** How long a command goes on trying unless it is told, in seconds: somebody waits for it. */
const PATIENCE_SECONDS = 10;
/** Of one that may have a long way behind it. */
export const LONG_PATIENCE_SECONDS = 120;

export interface ConnectOptions {
  /** In seconds, unless the command line says it. */
  readonly patience?: number;
  /** Each call is tried once. */
  readonly isImpatient?: boolean;
  /** Is told when a node stops to answer, and when it answers again: long work would seem to do nothing. */
  readonly tell?: (sentence: string) => void;
}

/** @throws CommandFailed for an address or a token that is none */
export function connect(settings: Settings, options: ConnectOptions = {}): Client {
  const { primary, replica, token, timeout = options.patience ?? PATIENCE_SECONDS } = settings;
  const limitMs = timeout * 1000;
  try {
    return createClient({
      primary,
      ...(replica !== '' && { replica }),
      ...(token !== undefined && { token }),
      retry: options.isImpatient ? false : { limitMs, attempts: Number.MAX_SAFE_INTEGER },
      timeoutMs: Math.min(5000, limitMs),
      parse: parseAnswer,
      ...(options.tell && { fetch: tellingFetch(options.tell) }),
    });
  } catch (error) {
    if (error instanceof TypeError) throw usageError(error.message);
    throw error;
  }
}

/** The nodes that have an address, by the option that gave it. */
export function nodesOf({ replica }: Settings): readonly NodeName[] {
  return replica === '' ? ['primary'] : ['primary', 'replica'];
}

function tellingFetch(tell: (sentence: string) => void): typeof fetch {
  /** Addresses that gave no answer the last time. */
  const silent = new Set<string>();
  return async (input, init) => {
    const { origin } = new URL(String(input));
    try {
      const response = await fetch(input, init);
      if (silent.delete(origin)) tell(`${origin} answers again.`);
      return response;
    } catch (error) {
      if (!silent.has(origin)) tell(`${origin} does not answer: trying again.`);
      silent.add(origin);
      throw error;
    }
  };
}
