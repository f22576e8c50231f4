/** The model, its profile or its tokenizer cannot be used; the message names the file and the remedy. */
export class ModelError extends Error {
  override readonly name: string = 'ModelError';

  /** `remedy`: the editor command that solves the problem. */
  constructor(
    message: string,
    readonly remedy?: 'setServerKey' | 'allowServer',
  ) {
    super(message);
  }
}

/** Returns the cause for use within a sentence: the first line of an error's message, without the final period. */
export function causeOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/\n[^]*$/, '').replace(/[.\s]+$/, '');
}

/** The model's files are no longer those that were loaded: what was computed meanwhile may come from two models. */
export class ModelChangedError extends ModelError {
  override readonly name = 'ModelChangedError';
}
