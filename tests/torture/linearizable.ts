// Whether a history of one key is linearizable: there is an order of its operations in which each has the outcome that it
// had, and in which none comes before one that had ended when it was called. The search is that of Wing and Gong, "Testing
// and verifying concurrent objects" (1993), which never looks twice at the same operations with the same state (Lowe,
// "Testing for linearizability", 2017). An operation whose outcome is unknown may have its place in the order, or none.
import { isOptional, type Operation } from './history.ts';
import { createModel, type Model, type State } from './model.ts';

export interface Verdict {
  /** `undecided`: the search took too many steps. */
  readonly result: 'linearizable' | 'not linearizable' | 'undecided';
  /** Where the longest order that was found could not go on: the operations that would have to come next. */
  readonly stuck: readonly Operation[];
  /** What the key was there. */
  readonly state: State;
}

const MAX_STEPS = 2_000_000;
const UNSEEN = 'a value that was never seen';

/** What of the history is in the order so far. */
interface Place {
  /** Every certain operation before this one is. */
  readonly front: number;
  /** Certain operations after the front that are, too; ascending. */
  readonly beyond: readonly number[];
  /** Optional operations that are, and that could still come; ascending. */
  readonly optional: readonly number[];
  /** When the last of them was called: an operation that had ended by then can come no more. */
  readonly calledAt: number;
  readonly state: State;
}

export function checkLinearizable(operations: readonly Operation[], maxSteps = MAX_STEPS): Verdict {
  const search = new Search(operations);
  const stack: Place[] = [search.start];
  const known = new Set<string>();
  let furthest = search.start;
  for (let steps = 0; ; steps++) {
    const place = stack.pop();
    if (place === undefined) return verdict('not linearizable', search, furthest);
    if (place.front === search.certain.length) return { result: 'linearizable', stuck: [], state: place.state };
    if (steps === maxSteps) return verdict('undecided', search, furthest);
    const name = `${place.front} ${place.beyond} ${place.optional} ${place.state.id}`;
    if (known.has(name)) continue;
    known.add(name);
    if (place.front + place.beyond.length > furthest.front + furthest.beyond.length) furthest = place;
    // The last one is looked at first.
    stack.push(...search.next(place).reverse());
  }
}

function verdict(result: Verdict['result'], search: Search, { front, beyond, state }: Place): Verdict {
  return { result, state, stuck: search.open(front, beyond).map((i) => search.certain[i] as Operation) };
}

/** Values of optional writes that no read has seen are as good as one another. */
function withoutUnseenValues(operations: readonly Operation[]): Operation[] {
  const seen = new Set(operations.map(({ action }) => (action.kind === 'read' ? action.value : undefined)));
  return operations.map((operation) => {
    const { action } = operation;
    if (!isOptional(operation) || action.kind !== 'write' || seen.has(action.value)) return operation;
    return { ...operation, action: { ...action, value: action.value && UNSEEN } };
  });
}

class Search {
  readonly certain: readonly Operation[];
  readonly start: Place;
  readonly #optional: readonly Operation[];
  /** Optional operations that differ only in when they were called have one name. */
  readonly #names: readonly string[];
  readonly #model: Model;

  constructor(operations: readonly Operation[]) {
    const sorted = operations.toSorted((a, b) => a.calledAt - b.calledAt);
    this.certain = sorted.filter((operation) => !isOptional(operation));
    this.#optional = withoutUnseenValues(sorted).filter(isOptional);
    this.#names = this.#optional.map(({ action, endedAt }) => JSON.stringify([action, `${endedAt}`]));
    this.#model = createModel(operations);
    this.start = { front: 0, beyond: [], optional: [], calledAt: Number.NEGATIVE_INFINITY, state: this.#model.initial };
  }

  /** The certain operations that may come next: called before every other one that is left has ended. */
  open(front: number, beyond: readonly number[]): number[] {
    const found: number[] = [];
    let firstEnd = Number.POSITIVE_INFINITY;
    for (let i = front; i < this.certain.length; i++) {
      if (beyond.includes(i)) continue;
      const { calledAt, endedAt } = this.certain[i] as Operation;
      if (calledAt > firstEnd) break;
      firstEnd = Math.min(firstEnd, endedAt);
      found.push(i);
    }
    return found;
  }

  next(place: Place): Place[] {
    const open = this.open(place.front, place.beyond);
    const lastCall = Math.min(...open.map((i) => (this.certain[i] as Operation).endedAt));
    const optional = this.#openOptional(place, lastCall);
    const firstExpiry = Math.min(...optional.map((i) => (this.#optional[i] as Operation).endedAt));
    const places: Place[] = [];
    for (const i of open) {
      const operation = this.certain[i] as Operation;
      for (const state of this.#model.next(place.state, operation.action)) {
        const after = this.#withCertain(place, i, operation, state);
        // What changes nothing, and ends the chance of nothing, can as well come now. Not so a crash: what is written
        // before it may be undone.
        const isHarmless = operation.action.kind !== 'crash' && after.calledAt <= firstExpiry;
        if (state === place.state && isHarmless) return [after];
        places.push(after);
      }
    }
    for (const i of optional) {
      const operation = this.#optional[i] as Operation;
      for (const state of this.#model.next(place.state, operation.action))
        places.push(this.#withOptional(place, i, operation, state));
    }
    return places;
  }

  #openOptional({ optional, calledAt }: Place, lastCall: number): number[] {
    const found = new Map<string, number>();
    for (const [i, operation] of this.#optional.entries()) {
      if (operation.calledAt > lastCall) break;
      const name = this.#names[i] as string;
      // Of equal ones, that which was called first leaves the most open.
      if (operation.endedAt >= calledAt && !optional.includes(i) && !found.has(name)) found.set(name, i);
    }
    return [...found.values()];
  }

  #withCertain(place: Place, i: number, operation: Operation, state: State): Place {
    const calledAt = Math.max(place.calledAt, operation.calledAt);
    const beyond = [...place.beyond, i].sort((a, b) => a - b);
    let { front } = place;
    while (beyond[0] === front) {
      beyond.shift();
      front++;
    }
    return { front, beyond, optional: this.#alive(place.optional, calledAt), calledAt, state };
  }

  #withOptional(place: Place, i: number, operation: Operation, state: State): Place {
    const calledAt = Math.max(place.calledAt, operation.calledAt);
    const optional = this.#alive(
      [...place.optional, i].sort((a, b) => a - b),
      calledAt,
    );
    return { ...place, optional, calledAt, state };
  }

  /** Without those that could not come any more anyhow. */
  #alive(optional: readonly number[], calledAt: number): number[] {
    return optional.filter((i) => (this.#optional[i] as Operation).endedAt >= calledAt);
  }
}
