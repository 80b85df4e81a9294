// The program that has started a node, where it keeps a channel to it.

/**
 * The node ends with that program: at once, since nobody can end it any more. Its store is closed as its process ends. To be called
 * before anything is waited for: the program may be gone a moment after it has started the node.
 */
export function endWithParent(): void {
  if (process.connected) process.once('disconnect', () => process.exit());
}

/** Says that the node listens: that program need not ask it again and again. */
export function tellParent(): void {
  // The channel closes as that program ends, and with it this node.
  process.send?.({ listening: true }, () => {});
}
