import type { Problem } from '../reasoning/problem.js';
import type { CardSource } from './datasetCard.js';
import { SeenTexts } from './seenTexts.js';

/** Counts the problems and questions of each file as they are read. */
export class SourceList {
  readonly #sources: { file: string; problems: number; shared: number }[] = [];
  readonly #seen = new SeenTexts();
  /** Questions of the current file. */
  #own = new SeenTexts();
  #questions = 0;

  add(file: string, { question }: Problem): void {
    let source = this.#sources.at(-1);
    if (source?.file !== file) {
      source = { file, problems: 0, shared: 0 };
      this.#sources.push(source);
      this.#own = new SeenTexts();
    }
    source.problems++;
    if (!this.#own.add(question.trim())) return;
    if (this.#seen.add(question.trim())) this.#questions++;
    else source.shared++;
  }

  get sources(): readonly CardSource[] {
    return this.#sources;
  }

  get questions(): number {
    return this.#questions;
  }
}
