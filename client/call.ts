// What a method of the client wants to have done, whichever node does it.
import type { Address } from './addresses.ts';
import type { ErrorCode } from './error.ts';
import type { ReadFrom } from './options.ts';
import type { NodeRequest, Reply } from './request.ts';

export interface Call {
  /** The node that leads; whom reads ask; or this one only. */
  readonly to: 'leader' | ReadFrom | Address;
  /** What each address is asked. */
  readonly request: NodeRequest | ((address: Address) => NodeRequest);
  /**
   * Whether it changes anything, and may be sent again although nobody knows whether it was done: `repeatable`, or only `once`. Absent:
   * it changes nothing.
   */
  readonly write?: 'repeatable' | 'once';
  /** Problems that are an answer to this call. */
  readonly expects?: readonly ErrorCode[];
  /** Problems for which the other node is asked, at once. */
  readonly elsewhere?: readonly ErrorCode[];
  /** How long the node may take beyond the time limit of a request, in milliseconds. */
  readonly waitMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Answered extends Reply {
  readonly from: Address;
}

/** Has a node do it. @throws TandemError; the reason of the call's signal once that is aborted */
export type Send = (call: Call) => Promise<Answered>;
