/**
 * Texts seen so far, each as a digest of 53 bits: among a million texts, the chance that two have the same digest is 1
 * in 18,000. The table of numbers uses open addressing: it takes 16 to 32 bytes per text, while a `Set` takes some
 * hundred.
 */
export class SeenTexts {
  /** 0 = a free place. */
  #table = new Float64Array(1024);
  #size = 0;

  /** Adds a text. Returns whether it was new. */
  add(text: string): boolean {
    if (2 * this.#size >= this.#table.length) this.#grow();
    const isNew = insert(this.#table, digest53(text) || 1);
    if (isNew) this.#size++;
    return isNew;
  }

  #grow(): void {
    const larger = new Float64Array(2 * this.#table.length);
    for (const digest of this.#table) if (digest !== 0) insert(larger, digest);
    this.#table = larger;
  }
}

/** Adds a digest. Returns whether it was new. The table's length is a power of two, and at least one place is free. */
function insert(table: Float64Array, digest: number): boolean {
  let at = digest % table.length;
  while (table[at] !== 0) {
    if (table[at] === digest) return false;
    at = (at + 1) & (table.length - 1);
  }
  table[at] = digest;
  return true;
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
