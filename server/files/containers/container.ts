import { InputError } from '../inputError.js';

/** One text in a container. */
export interface ContainerEntry {
  /** Its name in the container; empty where a container has one text only. */
  readonly name: string;
  /** The text's bytes, decompressed. Rejects with InputError. */
  read(): Promise<Uint8Array>;
}

/** A file that has texts in it: compressed, archived or as a table. One file of this folder and one line in `registry.ts`. */
export interface Container {
  readonly id: string;
  /** For messages. */
  readonly title: string;
  /** First bytes of such a file. */
  readonly signature: readonly number[];
  /** The texts of a file. Throws InputError when it is damaged. */
  entries(path: string): Iterable<ContainerEntry> | AsyncIterable<ContainerEntry>;
}

/** Longest text in bytes: strings of V8 are not longer. It also bounds what a small damaged or hostile file can expand to. */
export const MAX_TEXT = 512 * 1024 * 1024 - 1024;

/** Collects the pieces of a text up to the limit. */
export class Collected {
  readonly #pieces: Uint8Array[] = [];
  #size = 0;

  constructor(readonly limit = MAX_TEXT) {}

  add(piece: Uint8Array): void {
    this.#size += piece.length;
    if (this.#size > this.limit) {
      throw new InputError(
        `it expands to more than ${Math.round(this.limit / 2 ** 20)} MiB of text; decompress it and split it into several files`,
      );
    }
    this.#pieces.push(piece);
  }

  bytes(): Uint8Array {
    return Buffer.concat(this.#pieces, this.#size);
  }
}

/** The error of a damaged container, with its cause; an InputError stays as it is. */
export function damaged(title: string, error: unknown): InputError {
  if (error instanceof InputError) return error;
  const cause = error instanceof Error ? error.message : String(error);
  return new InputError(`this ${title} file is damaged (${cause}); write or download it again`);
}
