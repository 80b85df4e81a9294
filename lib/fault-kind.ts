// The failures that can be switched on deliberately: see lib/faults/.

export const FAULT_KINDS = ['error', 'delay', 'drop_request', 'drop_reply', 'duplicate'] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];
