// The option of commands that read.
import { Option } from 'commander';
import type { ReadFrom } from '../client/client.ts';

export interface Reading {
  readonly readFrom?: ReadFrom;
}

export function readFromOption(): Option {
  return new Option(
    '--read-from <node>',
    'whom to ask: the node that leads, the other one, or whichever is faster',
  ).choices(['primary', 'replica', 'nearest'] satisfies ReadFrom[]);
}

/** As the client takes it. */
export function readingOf({ readFrom }: Reading): Reading {
  return readFrom === undefined ? {} : { readFrom };
}
