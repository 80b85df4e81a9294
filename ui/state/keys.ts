// What the table of keys has found out that others show, too.
import { signal } from '@preact/signals';
import type { NodeName } from '../recording/observation.ts';

/** Why a node lists no keys although it answers: it may lack some. */
export const notListed = signal<Readonly<Partial<Record<NodeName, string>>>>({});

/** Keys that differ among those that were compared; `undefined`: nothing was compared. */
export const differing = signal<number | undefined>(undefined);

/** The key that is open. */
export const openKey = signal<string | undefined>(undefined);

/** Whether all keys of both nodes were compared. */
export const isComparedToTheEnd = signal(true);
