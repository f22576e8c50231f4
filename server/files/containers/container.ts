import { english } from '../../l10n.js';
import { messageOf } from '../../reasoning/errorText.js';
import { InputError } from '../inputError.js';

/** One text in a container. */
export interface ContainerEntry {
  /** Its name in the container; empty where a container has one text only. */
  readonly name: string;
  /** The text's bytes, decompressed. Rejects with InputError. */
  read(): Promise<Uint8Array>;
  /** The bytes in pieces from line `from` (0-based). A table does not decode earlier rows. Rejects with InputError. */
  lines(from: number): AsyncIterable<Uint8Array>;
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

/** Longest text in bytes: V8 has no longer strings. Also bounds how far a small damaged or hostile file can expand. */
export const MAX_TEXT = 512 * 1024 * 1024 - 1024;

function tooLong(limit: number): InputError {
  return new InputError(
    english('it expands to more than {0} MiB of text; decompress it and split it into several files', Math.round(limit / 2 ** 20)),
  );
}

/** Collects the pieces of a text up to the limit. */
export class Collected {
  readonly #pieces: Uint8Array[] = [];
  #size = 0;

  constructor(readonly limit = MAX_TEXT) {}

  add(piece: Uint8Array): void {
    this.#size += piece.length;
    if (this.#size > this.limit) {
      throw tooLong(this.limit);
    }
    this.#pieces.push(piece);
  }

  bytes(): Uint8Array {
    return Buffer.concat(this.#pieces, this.#size);
  }
}

/** An entry whose bytes are read in pieces from the beginning. */
export function entryOf(name: string, pieces: () => AsyncIterable<Uint8Array>): ContainerEntry {
  return { name, read: () => collect(pieces()), lines: (from) => fromLine(pieces(), from) };
}

/** Joins all pieces. Rejects with InputError when they are too long. */
export async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const collected = new Collected();
  for await (const piece of pieces) collected.add(piece);
  return collected.bytes();
}

/** The pieces without the first `from` lines. */
async function* fromLine(pieces: AsyncIterable<Uint8Array>, from: number): AsyncGenerator<Uint8Array> {
  let left = from;
  for await (const piece of pieces) {
    let at = 0;
    while (left > 0 && at < piece.length) {
      const end = piece.indexOf(10, at);
      at = end < 0 ? piece.length : end + 1;
      if (end >= 0) left--;
    }
    if (at < piece.length) yield piece.subarray(at);
  }
}

/** Makes the error of a damaged container from its cause; an InputError stays as it is. */
export function damaged(title: string, error: unknown): InputError {
  if (error instanceof InputError) return error;
  const cause = messageOf(error);
  return new InputError(english('this {0} file is damaged ({1}); write or download it again', title, cause));
}
