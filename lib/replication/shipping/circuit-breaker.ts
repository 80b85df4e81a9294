// Stops asking a replica that keeps failing, and asks again now and then: the circuit breaker of Nygard, "Release It!"
// (2007). While the circuit is open nothing is asked; after a time one request may try, and its outcome decides.
import type { Clock } from '../../clock.ts';
import { PeerError } from '../../peer/peer.ts';

export type CircuitState = 'closed' | 'open' | 'half_open';

export interface CircuitBreaker {
  /** `half_open` while one request tries whether the replica answers again. */
  readonly state: CircuitState;
  /**
   * Runs `ask` unless the circuit is open.
   * @param force run it even then: someone asked for a repair
   * @throws CircuitOpen without running it; what `ask` throws otherwise
   */
  run<T>(ask: () => Promise<T>, force?: boolean): Promise<T>;
}

export class CircuitOpen extends Error {
  override readonly name = 'CircuitOpen';
}

/**
 * @param maxFailures failures of the replica in a row that open the circuit
 * @param openMs how long it stays open before one request may try again, in milliseconds
 * @param isOpen whether it is open at the start: nobody knows whether the replica answers
 * @param onChange called with each state that follows another; closed is how one begins
 */
export function createCircuitBreaker(
  clock: Clock,
  maxFailures: number,
  openMs: number,
  isOpen = false,
  onChange?: (state: CircuitState) => void,
): CircuitBreaker {
  let state: CircuitState = 'closed';
  let failures = 0;
  let openedAt = isOpen ? clock.now() : 0;

  function become(next: CircuitState): void {
    if (next === state) return;
    state = next;
    onChange?.(next);
  }

  if (isOpen) become('open');

  /** Measured by the time of day, because that passes while a process is frozen. */
  function mayTry(): boolean {
    return state === 'open' && clock.now() - openedAt >= openMs;
  }

  function succeeded(): void {
    become('closed');
    failures = 0;
  }

  /** @param wasTrial whether the circuit was half open for this request */
  function failed(wasTrial: boolean): void {
    failures++;
    if (!wasTrial && (state !== 'closed' || failures < maxFailures)) return;
    become('open');
    openedAt = clock.now();
  }

  return {
    get state() {
      return state;
    },
    async run(ask, force = false) {
      const isTrial = state !== 'closed' && !force;
      if (isTrial) {
        if (!mayTry()) throw new CircuitOpen();
        become('half_open');
      }
      try {
        const answer = await ask();
        succeeded();
        return answer;
      } catch (error) {
        if (error instanceof PeerError) failed(isTrial);
        // A failure of this node says nothing of the replica: the next request may try.
        else if (isTrial) become('open');
        throw error;
      }
    },
  };
}
