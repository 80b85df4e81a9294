// The order of UTF-8 bytes, in which nodes list keys.

/** Negative when `a` is first, 0 when they are the same, positive when `b` is first. */
export function byCodePoint(a: string, b: string): number {
  for (let i = 0; ; ) {
    const [x, y] = [a.codePointAt(i) ?? -1, b.codePointAt(i) ?? -1];
    if (x !== y || x === -1) return x - y;
    i += x > 0xffff ? 2 : 1;
  }
}
