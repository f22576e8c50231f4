/** Bytes kept at least, if memory allows it: a hundred solutions of a small model. */
const least = 64 * 2 ** 20;
/** Sequences of the longest length that should fit: the solution being edited, and the one viewed before. */
const sequences = 2;
/** Largest share of the memory that is free after a model was loaded. */
const mostOfFree = 1 / 6;
/** Tokens of the longest sequence, assumed when the caller does not give them. */
const defaultLongest = 4096;

/**
 * Returns how many bytes of keys and values of a model's past sequences to keep. A fixed number would hold only a few
 * hundred tokens of an 8B model (131 kB a token in float16, 262 kB in float32), so that an edit of the last step would
 * run the whole solution again.
 *
 * @param bytesPerToken Keys and values of one token.
 * @param longest Tokens of the longest sequence.
 * @param free Bytes of memory that are free.
 */
export function keptBytes(bytesPerToken: number, longest: number | undefined, free: number): number {
  const wanted = Math.max(least, sequences * (longest ?? defaultLongest) * bytesPerToken);
  return Math.min(wanted, Math.max(least / 4, free * mostOfFree));
}
