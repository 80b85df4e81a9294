// Stops asking a replica that keeps failing, and asks again now and then. The circuit breaker is cockatiel's.
import { CircuitState, ConsecutiveBreaker, circuitBreaker, handleAll, isBrokenCircuitError } from 'cockatiel';

export interface Breaker {
  readonly state: 'closed' | 'open' | 'half_open';
  /**
   * Runs `ask` unless the circuit is open.
   * @param force run it even then: a repair that someone asked for
   * @throws CircuitOpen without running it; what `ask` throws otherwise
   */
  run<T>(ask: () => Promise<T>, force?: boolean): Promise<T>;
}

export class CircuitOpen extends Error {
  override readonly name = 'CircuitOpen';
}

const STATES = { [CircuitState.Closed]: 'closed', [CircuitState.HalfOpen]: 'half_open' } as const;

/**
 * @param failures how many failures in a row open the circuit
 * @param openMs for how long it stays open before one request may try again
 */
export function createBreaker(failures: number, openMs: number): Breaker {
  const closed = () => circuitBreaker(handleAll, { halfOpenAfter: openMs, breaker: new ConsecutiveBreaker(failures) });
  let policy = closed();

  return {
    get state() {
      return STATES[policy.state as keyof typeof STATES] ?? 'open';
    },
    async run(ask, force = false) {
      if (force && policy.state !== CircuitState.Closed) {
        const answer = await ask();
        policy = closed();
        return answer;
      }
      try {
        return await policy.execute(ask);
      } catch (error) {
        throw isBrokenCircuitError(error) ? new CircuitOpen() : error;
      }
    },
  };
}
