import type { Verifier } from '../answers/verifier.js';
import type { Infer, Shape } from '../protocol/shape.js';
import type { ScoreJob, ScoreOptions, ScoreResult, ScorerInfo } from '../scoring/scorer.js';
import type { Workspace } from './workspace.js';

/** External dependencies of the tools. */
export interface ToolWorld {
  readonly workspace: Workspace;
  readonly verifier: Verifier;
  /** Scores one problem; the model is loaded when a tool first scores. */
  readonly score: (job: ScoreJob, options: ScoreOptions) => Promise<{ readonly result: ScoreResult; readonly info: ScorerInfo }>;
}

/** A tool cannot answer the request; the message says why and what to do. */
export class ToolError extends Error {
  override readonly name = 'ToolError';
}

/**
 * A read-only question that an agent can ask about files of the workspace. Each tool is a file in this folder;
 * `registry.ts` lists them.
 */
export interface Tool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** JSON Schema of the arguments. */
  readonly inputSchema: {
    readonly type: 'object';
    readonly properties: Readonly<Record<string, object>>;
    readonly required: readonly string[];
  };
  /** Returns a JSON value of at most one page. Rejects with ToolError, and with AbortError when cancelled. */
  readonly run: (args: unknown, world: ToolWorld, signal: AbortSignal) => Promise<unknown>;
}

/** Checks arguments against their shape. Throws ToolError that names the argument. */
export function argsOf<S extends Shape<unknown>>(shape: S, args: unknown): Infer<S> {
  const mismatch = shape.check(args);
  if (mismatch) throw new ToolError(`The argument ${mismatch.path.replace(/^\./, '') || 'object'} is not ${mismatch.expected}.`);
  return args as Infer<S>;
}

export const pathSchema = { type: 'string', description: 'File, absolute or relative to a folder of the workspace.' };
export const problemSchema = { type: 'integer', minimum: 0, description: 'Position of the problem in the file, from 0.' };
export const cursorSchema = { type: 'string', description: '`nextCursor` of the page before; without it, the first page.' };
