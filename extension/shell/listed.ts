import { l10n } from 'vscode';

/** Joins facts, as in `1 node, 2 steps`, with the comma of the language. */
export function listed(facts: readonly string[]): string {
  return facts.join(l10n.t(', '));
}
