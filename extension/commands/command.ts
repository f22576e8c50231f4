import { Uri } from 'vscode';
import type { Range } from '../../server/reasoning/span.js';
import type { StepLens } from '../shell/stepLens.js';

/** One command of the manifest. Its arguments come from links, lenses and keybindings: anything may be missing. */
export interface Command {
  readonly id: `steplens.${string}`;
  readonly run: (stepLens: StepLens, ...args: readonly unknown[]) => Promise<void> | void;
}

/** What a row of the view of open files is about, as its menu passes it. */
export interface FileRow {
  readonly uri: Uri;
  readonly problem?: number;
  /** Of a step in the file. */
  readonly range?: Range;
}

/** The document a command is about: its first argument (a URI, as text or as VS Code's menus pass it, or a row of a view), else the active claimed one. */
export function targetOf(stepLens: Pick<StepLens, 'claims'>, argument: unknown): Uri | undefined {
  if (typeof argument === 'string') return Uri.parse(argument, true);
  if (argument instanceof Uri) return argument;
  return rowOf(argument)?.uri ?? stepLens.claims.active?.uri;
}

/** The argument as a row of the view of open files; undefined for any other. */
export function rowOf(argument: unknown): FileRow | undefined {
  const row = argument as Partial<FileRow> | null | undefined;
  return typeof row === 'object' && row?.uri instanceof Uri ? (row as FileRow) : undefined;
}

/** The files a command is about: those chosen in the explorer or a view (its second argument), else the one document. */
export function filesOf(stepLens: StepLens, argument: unknown, selected: unknown): readonly Uri[] {
  const chosen = Array.isArray(selected) ? selected.flatMap((one) => (one instanceof Uri ? [one] : (rowOf(one)?.uri ?? []))) : [];
  if (chosen.length > 0) return chosen;
  const one = targetOf(stepLens, argument);
  return one ? [one] : [];
}

export function isIndex(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0;
}
