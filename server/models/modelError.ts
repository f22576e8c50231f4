/** The model, its profile or its tokenizer cannot be used; the message names the file and the remedy. */
export class ModelError extends Error {
  override readonly name: string = 'ModelError';
}
