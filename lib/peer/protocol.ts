// The protocol between the nodes that this version speaks.

/** Version 0.1 spoke protocol 1, and did not say so. */
export const PROTOCOL = 2;
