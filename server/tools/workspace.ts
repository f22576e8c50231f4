import { realpath } from 'node:fs/promises';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { InputError, inputFiles, readInputs } from '../files/inputFiles.js';
import { type ScoredDocument, type ScoredProblem, scoredProblem } from '../language/scoredDocument.js';
import { ToolError } from './tool.js';

/** A document as its file is: the labels in it decide. */
export interface WorkspaceDocument extends ScoredDocument {
  /** Relative to its folder of the workspace. */
  readonly path: string;
  /** Absolute. */
  readonly file: string;
}

/** The folders that the tools may read, and nothing outside them. */
export class Workspace {
  readonly #roots: readonly string[];
  readonly #threshold: number;

  private constructor(roots: readonly string[], threshold: number) {
    this.#roots = roots;
    this.#threshold = threshold;
  }

  /** Rejects with ToolError when a folder cannot be read. `threshold`: a step value below it is low. */
  static async open(folders: readonly string[], threshold = 0.5): Promise<Workspace> {
    const roots = folders.map((folder) =>
      realpath(folder).catch(() => {
        throw new ToolError(`The folder ${folder} cannot be read.`);
      }),
    );
    return new Workspace(await Promise.all(roots), threshold);
  }

  /** The real path of a file or folder. Links are followed before it is checked that it is inside. Rejects with ToolError. */
  async resolve(path: string): Promise<string> {
    for (const root of this.#roots) {
      const real = await realpath(isAbsolute(path) ? path : resolve(root, path)).catch(() => undefined);
      if (real !== undefined && this.#roots.some((one) => real === one || real.startsWith(one.endsWith(sep) ? one : one + sep)))
        return real;
    }
    throw new ToolError(`${path} is not in the workspace (${this.#roots.join(', ')}), or there is no such file.`);
  }

  /** The documents of a file, or of a folder with everything below it that a format claims. Rejects with ToolError. */
  async *documents(path: string): AsyncGenerator<WorkspaceDocument> {
    const real = await this.resolve(path);
    try {
      for await (const file of inputFiles([real])) {
        // A link inside a folder may lead out of the workspace.
        await this.resolve(file);
        for await (const input of readInputs(file)) yield this.#scored(input.file, input);
      }
    } catch (error) {
      throw error instanceof InputError ? new ToolError(`${path}: ${error.message}.`) : error;
    }
  }

  /** One problem of a file. Rejects with ToolError. */
  async problem(path: string, index: number): Promise<{ readonly document: WorkspaceDocument; readonly problem: ScoredProblem }> {
    for await (const document of this.documents(path)) {
      const problem = document.problems[index];
      if (problem) return { document, problem };
      throw new ToolError(`${path} has ${document.problems.length} problems; ${index} is not one of them (the first is 0).`);
    }
    throw new ToolError(`There is no reasoning in ${path}.`);
  }

  #scored(file: string, { lines, reasoning }: Pick<ScoredDocument, 'lines' | 'reasoning'>): WorkspaceDocument {
    const threshold = this.#threshold;
    const problems = reasoning.problems.map((problem) => scoredProblem(problem, undefined, threshold));
    const root = this.#roots.find((one) => file.startsWith(one)) ?? '';
    return { uri: pathToFileURL(file).href, version: 1, lines, reasoning, problems, threshold, file, path: relative(root, file) };
  }
}
