// What the processes of `npm start` do, asked of the server that this page came from. Where there is no launcher, it is asked once.
import { signal } from '@preact/signals';
import type { ConsoleNode } from '../nodes/addresses.ts';
import { bodyOf } from '../nodes/exchange.ts';
import { NODE_NAMES, type NodeName, type ProcessState } from '../recording/observation.ts';
import { observe } from '../state/observations.ts';

export type LauncherAction = 'kill' | 'stop' | 'start' | 'freeze' | 'thaw';

export interface LauncherNode {
  readonly state: ProcessState;
  /** Milliseconds. */
  readonly since: number;
  readonly port: number;
  readonly pid: number | null;
  /** How it ended; `null`: it has not. */
  readonly ended: string | null;
}

/** The answer of GET /launcher. */
export interface LauncherTold {
  readonly nodes: Readonly<Record<'primary' | 'replica', LauncherNode>>;
  /** What can be done on this machine. */
  readonly actions: readonly LauncherAction[];
  /** The clock of the server, in milliseconds. */
  readonly now: number;
}

/** `null`: there is none. Absent: that is not known yet. */
export const launcher = signal<LauncherTold | null | undefined>(undefined);

/** What the launcher tells of a node that this page shows: its nodes may be others than those. */
export function launchedAs({ isLocal, url, beginsAs }: ConsoleNode): LauncherNode | undefined {
  const told = launcher.value?.nodes[beginsAs];
  return told && isLocal && new URL(url).port === String(told.port) ? told : undefined;
}

/** How long one answer is waited for, in milliseconds. */
const LIMIT_MS = 2000;
const IN_ROLE = { a: 'primary', b: 'replica' } as const;

/** Asks once more, unless there is none. */
export async function lookAtLauncher(): Promise<void> {
  if (launcher.value === null) return;
  if (location.protocol === 'file:') {
    launcher.value = null;
    return;
  }
  try {
    const response = await fetch('/launcher', { cache: 'no-store', signal: AbortSignal.timeout(LIMIT_MS) });
    if (response.status === 404) launcher.value = null;
    if (!response.ok) return;
    const told: LauncherTold | { readonly nodes: null } = await response.json();
    if (told.nodes === null) launcher.value = null;
    else take(told);
  } catch {
    // The server has ended, or does not answer at the moment.
  }
}

/** @param node as it began @throws Error, for people, when it was not done */
export async function launch(node: NodeName, action: LauncherAction): Promise<void> {
  const response = await fetch(`/launcher/${IN_ROLE[node]}/${action}`, { method: 'POST' });
  if (!response.ok) throw new Error(refusalIn(await response.text(), response.status));
  await lookAtLauncher();
}

/** @param text the answer of the launcher: a problem detail, which has a sentence */
function refusalIn(text: string, status: number): string {
  const { detail } = bodyOf({ text });
  return typeof detail === 'string' && detail !== '' ? detail : `The launcher answers ${status}.`;
}

function take(told: LauncherTold): void {
  const before = launcher.value;
  launcher.value = told;
  for (const node of NODE_NAMES) {
    const { state, ended } = told.nodes[IN_ROLE[node]];
    if (before?.nodes[IN_ROLE[node]].state !== state) observe({ at: Date.now(), what: 'process', node, state, ended });
  }
}
