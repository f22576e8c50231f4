import { t } from '../../../server/l10n.js';
import type { NodeView } from '../../../server/protocol/problemView.js';
import { itemAt } from '../../../server/reasoning/present.js';
import type { TreeModel } from './treeModel.js';

/** Sibling leaves drawn as one node, which is its first member. */
export interface Stack {
  /**
   * `assumed`: right because a rollout was right, and never sampled. `same`: equal text. `more`: the rest of a wide
   * fan-out without its low, first and marked members.
   */
  readonly kind: 'assumed' | 'same' | 'more';
  readonly members: readonly number[];
}

/** Which nodes of a tree are shown, and how. */
export interface Display {
  /** Closed stacks, by their first member. */
  readonly stacks: ReadonlyMap<number, Stack>;
  /** Opened stacks, by their first member: they can be closed again. */
  readonly opened: ReadonlyMap<number, Stack>;
  /** Members of closed stacks, without the first one. */
  readonly hidden: ReadonlySet<number>;
}

export const NO_DISPLAY: Display = { stacks: new Map(), opened: new Map(), hidden: new Set() };

/** If a parent has more leaves than this, all but the first ones and the low ones are stacked. */
const FAN = 12;
const FAN_SHOWN = 6;

export interface Open {
  /** First members of stacks that are open. */
  readonly stacks: ReadonlySet<number>;
  /** Whether assumed nodes are shown one by one. */
  readonly hasAssumed: boolean;
}

/** Stacks the leaves of each parent: assumed ones, equal ones, and the middle of wide fan-outs. O(nodes). */
export function displayOf(model: Pick<TreeModel, 'whole' | 'lowOf'>, open: Open): Display {
  const stacks = new Map<number, Stack>();
  const opened = new Map<number, Stack>();
  const hidden = new Set<number>();
  const { nodes } = model.whole;
  for (const parent of nodes) {
    if (parent.children.length < 2) continue;
    for (const stack of stacksOf(parent, nodes, model.lowOf)) {
      const first = itemAt(stack.members, 0);
      if (open.stacks.has(first) || (stack.kind === 'assumed' && open.hasAssumed)) {
        opened.set(first, stack);
        continue;
      }
      stacks.set(first, stack);
      for (const id of stack.members.slice(1)) hidden.add(id);
    }
  }
  return { stacks, opened, hidden };
}

function stacksOf(parent: NodeView, nodes: readonly NodeView[], isLow: (id: number) => boolean): Stack[] {
  const leaves = parent.children.filter((id) => itemAt(nodes, id).children.length === 0);
  const assumed = leaves.filter((id) => itemAt(nodes, id).assumed);
  const stacks: Stack[] = assumed.length > 1 ? [{ kind: 'assumed', members: assumed }] : [];
  const byText = new Map<string, number[]>();
  for (const id of leaves) {
    const { assumed: isAssumed, steps, correct } = itemAt(nodes, id);
    if (isAssumed || steps.length === 0) continue;
    const key = `${correct} ${steps.map((step) => step.text).join('\u0000')}`;
    const known = byText.get(key);
    if (known === undefined) byText.set(key, [id]);
    else known.push(id);
  }
  const same = [...byText.values()].filter((members) => members.length > 1);
  stacks.push(...same.map((members): Stack => ({ kind: 'same', members })));
  const rest = leaves.filter((id) => !itemAt(nodes, id).assumed && !same.some((members) => members.includes(id)));
  if (rest.length > FAN) {
    const members = rest.slice(FAN_SHOWN).filter((id) => !isLow(id));
    if (members.length > 1) stacks.push({ kind: 'more', members });
  }
  return stacks;
}

/** The first member of the closed stack that hides a node; undefined if no stack hides it. */
export function stackOf(display: Display, model: Pick<TreeModel, 'whole'>, id: number): number | undefined {
  if (!display.hidden.has(id)) return undefined;
  const parent = itemAt(model.whole.nodes, id).parent;
  return parent === null
    ? undefined
    : itemAt(model.whole.nodes, parent).children.find((sibling) => display.stacks.get(sibling)?.members.includes(id) === true);
}

/** Text of a closed stack, which counts its present members: `13 assumed right`, `4 times the same`, `27 more`. */
export function stackWords({ rank }: Pick<TreeModel, 'rank'>, { kind, members }: Stack): string {
  const count = members.filter((id) => itemAt(rank, id) >= 0).length;
  if (kind === 'assumed') return t('{0} assumed right', count);
  if (kind === 'same') return t('{0} times the same', count);
  return t('{0} more', count);
}
