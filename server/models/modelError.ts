/** The model, its profile or its tokenizer cannot be used; the message names the file and the remedy. */
export class ModelError extends Error {
  override readonly name: string = 'ModelError';

  /** `remedy`: the command of the editor that helps. */
  constructor(
    message: string,
    readonly remedy?: 'setServerKey' | 'allowServer',
  ) {
    super(message);
  }
}

/** What went wrong, to be said within a sentence: the first line of an error's message, without the period at its end. */
export function causeOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/\n[^]*$/, '').replace(/[.\s]+$/, '');
}

/** The model's files are no longer those that were loaded: what was computed meanwhile may come from two models. */
export class ModelChangedError extends ModelError {
  override readonly name = 'ModelChangedError';
}
