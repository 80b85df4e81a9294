// What there is for failures on purpose only.
import { TandemError } from '../errors.ts';

/** @param part what answers. Absent: fault injection is off @throws TandemError `no_such_route` then */
export function injected<Part>(part: Part | undefined): Part {
  if (part === undefined) throw new TandemError('no_such_route', 'Fault injection is off here (FAULT_INJECTION=off).');
  return part;
}
