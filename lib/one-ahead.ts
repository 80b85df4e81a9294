// Reads one item ahead of who uses them.

/** The next item is on its way while the present one is worked on. @throws whatever `items` throws, when it is its turn */
export async function* oneAhead<T>(items: AsyncGenerator<T>): AsyncGenerator<T> {
  let next = items.next();
  for (;;) {
    const { done, value } = await next;
    if (done) return;
    next = items.next();
    // It may fail before anybody waits for it.
    next.catch(() => {});
    yield value;
  }
}
