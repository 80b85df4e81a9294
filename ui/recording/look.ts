// What follows from how a node looks.
import type { Look } from './observation.ts';

/** Whether it tells of itself. */
export const isTold = ({ state }: Look): boolean => state !== 'down' && state !== 'problem' && state !== 'locked';

/** Of one that does not tell its contents, they are those that it last had. */
export const withContents = (look: Look, before: Look | undefined): Look =>
  look.id === undefined && before?.id !== undefined ? { ...look, id: before.id } : look;

/** Whether it holds other contents than before, as far as both are known. */
export const isOther = (look: Look, before: Look | undefined): boolean =>
  look.id !== undefined && before?.id !== undefined && look.id !== before.id;
