// Where everything that this page has seen is told: the recording listens, and whatever else draws it.
import type { Observation } from '../recording/observation.ts';

type Listener = (observation: Observation) => void;

const listeners = new Set<Listener>();

/** @returns ends it */
export function onObservation(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function observe(observation: Observation): void {
  for (const listener of listeners) listener(observation);
}
