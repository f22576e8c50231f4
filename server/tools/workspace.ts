import { realpath, stat } from 'node:fs/promises';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { InputError, inputFiles, readInputs } from '../files/inputFiles.js';
import { type ScoredDocument, type ScoredProblem, scoredProblem } from '../language/scoredDocument.js';
import { ToolError } from './tool.js';

/** A document with only the labels in its file, without new scores. */
export interface WorkspaceDocument extends ScoredDocument {
  /** Path relative to its workspace folder. */
  readonly path: string;
  /** Absolute path. */
  readonly file: string;
}

/** A file kept after reading, because an agent asks for one page after another, and one problem after another. */
interface RecentFile {
  readonly file: string;
  /** Stamp of the file when it was read. */
  readonly stamp: string;
  readonly documents: readonly WorkspaceDocument[];
}

/** The folders that the tools may read. Nothing outside them is read. */
export class Workspace {
  readonly #roots: readonly string[];
  readonly #threshold: number;
  /** The last file that was requested by its own path. */
  #last: RecentFile | undefined;

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

  /**
   * Returns the real path of a file or folder. Follows links before it checks that the path is inside. Rejects with
   * ToolError.
   */
  async resolve(path: string): Promise<string> {
    // Agents write file URLs, and the separators of Windows, on any system.
    const ways = [
      path,
      ...(path.startsWith('file://') ? [pathOf(path)] : []),
      ...(path.includes('\\') ? [path.replaceAll('\\', '/')] : []),
    ];
    for (const way of ways)
      for (const root of this.#roots) {
        const real = await realpath(isAbsolute(way) ? way : resolve(root, way)).catch(() => undefined);
        if (real !== undefined && this.#roots.some((one) => real === one || real.startsWith(one.endsWith(sep) ? one : one + sep)))
          return real;
      }
    throw new ToolError(`${path} is not in the workspace (${this.#roots.join(', ')}), or there is no such file.`);
  }

  /** Yields the documents of a file, or of everything below a folder that a format claims. Rejects with ToolError. */
  async *documents(path: string): AsyncGenerator<WorkspaceDocument> {
    const real = await this.resolve(path);
    const stamp = await stampOf(real);
    if (stamp === undefined) yield* this.#read(path, [real]);
    else {
      if (this.#last?.file !== real || this.#last.stamp !== stamp) {
        this.#last = undefined;
        const documents: WorkspaceDocument[] = [];
        for await (const document of this.#read(path, [real])) documents.push(document);
        this.#last = { file: real, stamp, documents };
      }
      yield* this.#last.documents;
    }
  }

  async *#read(path: string, given: readonly string[]): AsyncGenerator<WorkspaceDocument> {
    try {
      for await (const file of inputFiles(given)) {
        // A link inside a folder may lead out of the workspace.
        await this.resolve(file);
        for await (const input of readInputs(file)) yield this.#scored(input.file, input);
      }
    } catch (error) {
      throw error instanceof InputError ? new ToolError(`${path}: ${error.message}.`) : error;
    }
  }

  /** Returns one problem of a file. Rejects with ToolError. */
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

/** Returns a text that changes with the file; undefined for a folder, which is read anew each time. */
async function stampOf(path: string): Promise<string | undefined> {
  const found = await stat(path, { bigint: true });
  return found.isFile() ? `${found.mtimeNs} ${found.size} ${found.ino}` : undefined;
}

function pathOf(url: string): string {
  try {
    return fileURLToPath(url);
  } catch {
    return url;
  }
}
