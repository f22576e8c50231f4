import { Uri } from 'vscode';
import type { StepLens } from '../shell/stepLens.js';

/** One command of the manifest. Its arguments come from links, lenses and keybindings: anything may be missing. */
export interface Command {
  readonly id: `steplens.${string}`;
  readonly run: (stepLens: StepLens, ...args: readonly unknown[]) => Promise<void> | void;
}

/** The document a command is about: its first argument (a URI, as text or as VS Code's menus pass it), else the active claimed one. */
export function targetOf(stepLens: Pick<StepLens, 'claims'>, argument: unknown): Uri | undefined {
  if (typeof argument === 'string') return Uri.parse(argument, true);
  if (argument instanceof Uri) return argument;
  return stepLens.claims.active?.uri;
}

/** The files a command is about: those chosen in the explorer (its second argument), else the one document. */
export function filesOf(stepLens: StepLens, argument: unknown, selected: unknown): readonly Uri[] {
  const chosen = Array.isArray(selected) ? selected.filter((one) => one instanceof Uri) : [];
  if (chosen.length > 0) return chosen;
  const one = targetOf(stepLens, argument);
  return one ? [one] : [];
}

export function isIndex(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0;
}
