/** Kept at least, where the memory has it: a hundred solutions of a small model. */
const least = 64 * 2 ** 20;
/** Sequences of the longest length that should fit: the solution being edited, and the one looked at before. */
const sequences = 2;
/** Of the memory that is free when a model has been loaded. */
const mostOfFree = 1 / 6;
/** Assumed where the caller does not say how long sequences get. */
const defaultLongest = 4096;

/**
 * Bytes of keys and values to keep of a model's past sequences. A fixed number would hold a few hundred tokens of an 8B model (131 kB a
 * token in float16, 262 kB in float32), so that an edit of the last step would run the whole solution again.
 *
 * @param bytesPerToken Keys and values of one token.
 * @param longest Tokens of the longest sequence.
 * @param free Bytes of memory that are free.
 */
export function keptBytes(bytesPerToken: number, longest: number | undefined, free: number): number {
  const wanted = Math.max(least, sequences * (longest ?? defaultLongest) * bytesPerToken);
  return Math.min(wanted, Math.max(least / 4, free * mostOfFree));
}
