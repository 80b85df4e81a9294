/** Does something as soon as a signal is aborted. @param act is given the reason @returns ends that */
export function whenAborted(signal: AbortSignal, act: (reason: unknown) => void): () => void {
  const abort = () => act(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  return () => signal.removeEventListener('abort', abort);
}
