// UTF-8 byte order of strings, without encoding them. It is the order of code points, from which UTF-16 order
// differs only where surrogates (U+D800 to U+DFFF, which stand for U+10000 and up) meet U+E000 to U+FFFF.

/** Negative, 0 or positive, as `Buffer.compare` of the two in UTF-8. Both must be well-formed. */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
