import { Uri } from 'vscode';
import type { StepAtResult } from '../../server/protocol/steps.js';
import type { Range } from '../../server/reasoning/span.js';
import { visibleEditor } from '../shell/editors.js';
import { requestStepAt } from '../shell/stepAt.js';
import type { StepLens } from '../shell/stepLens.js';

/** One command of the manifest. Its arguments come from links, lenses and keybindings: anything may be missing. */
export interface Command {
  readonly id: `steplens.${string}`;
  readonly run: (stepLens: StepLens, ...args: readonly unknown[]) => Promise<void> | void;
}

/** A row of the view of open files, as its menu passes it to a command. */
export interface FileRow {
  readonly uri: Uri;
  readonly problem?: number;
  /** Range of a step in the file. */
  readonly range?: Range;
}

/**
 * Returns the document a command is about: its first argument (a URI, as text or as VS Code's menus pass it, or a row
 * of a view), else the document of the active editor or of the panel with the focus.
 */
export function targetOf(stepLens: Pick<StepLens, 'active'>, argument: unknown): Uri | undefined {
  return givenUri(argument) ?? stepLens.active.uri;
}

/** Returns the argument as a row of the view of open files; undefined if it is anything else. */
export function rowOf(argument: unknown): FileRow | undefined {
  const row = argument as Partial<FileRow> | null | undefined;
  return typeof row === 'object' && row?.uri instanceof Uri ? (row as FileRow) : undefined;
}

/**
 * Returns the files a command is about: those chosen in the explorer or a view (its second argument), else the one
 * document or those of the panel.
 */
export function filesOf(stepLens: StepLens, argument: unknown, selected: unknown): readonly Uri[] {
  const chosen = Array.isArray(selected) ? selected.flatMap((one) => (one instanceof Uri ? [one] : (rowOf(one)?.uri ?? []))) : [];
  if (chosen.length > 0) return chosen;
  const one = givenUri(argument);
  return one ? [one] : stepLens.active.uris;
}

function givenUri(argument: unknown): Uri | undefined {
  if (typeof argument === 'string') return Uri.parse(argument, true);
  return argument instanceof Uri ? argument : rowOf(argument)?.uri;
}

/**
 * Returns the place in a file that a command is about: the one shown by the panel with the focus, else the one at the
 * cursor of a visible editor, the active one first.
 */
export async function placeIn({ client, active }: StepLens, uri: Uri): Promise<StepAtResult | null> {
  const { problem, node, step } = active.placeIn(uri) ?? {};
  if (problem !== undefined) return { problem, ...(node !== undefined && { node }), ...(step !== undefined && { step }) };
  const editor = visibleEditor(uri);
  return editor ? requestStepAt(client, uri, editor.selection.active) : null;
}

/** Returns the problem of a file that a command is about: the given one, else that of `placeIn`, else the first. */
export async function problemIn(stepLens: StepLens, uri: Uri, given: unknown): Promise<number> {
  return isIndex(given) ? given : ((await placeIn(stepLens, uri))?.problem ?? 0);
}

export function isIndex(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0;
}
