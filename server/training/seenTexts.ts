/** Texts seen so far, by a digest of 53 bits each: of a million texts, two are taken for one with a chance of 1 in 18,000. */
export class SeenTexts {
  readonly #digests = new Set<number>();

  /** Whether the text is new; it is known from then on. */
  add(text: string): boolean {
    const before = this.#digests.size;
    this.#digests.add(digest53(text));
    return this.#digests.size > before;
  }
}

/** Two 32-bit hashes of a text (Murmur's mixing), as one number below 2^53. */
function digest53(text: string): number {
  let [a, b] = [0xdeadbeef, 0x41c6ce57];
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    a = Math.imul(a ^ c, 2654435761);
    b = Math.imul(b ^ c, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return 4294967296 * (2097151 & b) + (a >>> 0);
}
