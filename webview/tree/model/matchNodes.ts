import type { NodeView } from '../../../server/protocol/problemView.js';
import { itemAt, lastItem } from '../../../server/reasoning/present.js';

/**
 * The node in `next` for each node of `previous`, by old id (-1 = gone). Roots match, and children match in order if their
 * steps have the same text. So an edit that shifts ids keeps selection, folds and positions.
 */
export function matchNodes(previous: readonly NodeView[], next: readonly NodeView[]): Int32Array {
  const match = new Int32Array(previous.length).fill(-1);
  if (previous.length === 0 || next.length === 0) return match;
  match[0] = 0;
  // A parent's id is smaller than its children's, so it is matched before them.
  for (const node of previous) {
    const now = itemAt(match, node.id);
    if (now < 0) continue;
    const before = [...node.children];
    const after = [...itemAt(next, now).children];
    const isSame = (a: number | undefined, b: number | undefined) =>
      a !== undefined && b !== undefined && readsTheSame(itemAt(previous, a), itemAt(next, b));
    // Equal children at both ends are matched first, so that two equal branches are not confused.
    while (isSame(before.at(-1), after.at(-1))) {
      match[lastItem(before)] = lastItem(after);
      before.pop();
      after.pop();
    }
    const start = before.findIndex((child, i) => !isSame(child, after[i]));
    const head = start < 0 ? before.length : start;
    for (let i = 0; i < head; i++) match[itemAt(before, i)] = itemAt(after, i);
    const free = after.slice(head);
    const left = before.slice(head).filter((child) => {
      const at = free.findIndex((id) => isSame(child, id));
      if (at >= 0) match[child] = itemAt(free.splice(at, 1), 0);
      return at < 0;
    });
    // If one child is left on each side, it is the same child with edited text.
    if (left.length === 1 && free.length === 1) match[itemAt(left, 0)] = itemAt(free, 0);
  }
  return match;
}

function readsTheSame(a: NodeView, b: NodeView): boolean {
  return a.steps.length === b.steps.length && a.steps.every((step, i) => step.text === itemAt(b.steps, i).text);
}
