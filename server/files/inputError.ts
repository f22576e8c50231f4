/** A path that cannot be read, or has nothing to score; the message does not repeat the path. */
export class InputError extends Error {
  override readonly name = 'InputError';
}
