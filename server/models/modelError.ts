/** The model, its profile or its tokenizer cannot be used; the message names the file and the remedy. */
export class ModelError extends Error {
  override readonly name: string = 'ModelError';
}

/** The model's files are no longer those that were loaded: what was computed meanwhile may come from two models. */
export class ModelChangedError extends ModelError {
  override readonly name = 'ModelChangedError';
}
