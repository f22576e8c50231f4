import { t } from '../../../server/l10n.js';
import type { NodeView, StepView } from '../../../server/protocol/problemView.js';
import { itemAt } from '../../../server/reasoning/present.js';
import { plainText } from '../../shared/words.js';
import type { TreeModel } from './treeModel.js';

/** Number of characters read from each text: a label shows fewer. */
const HEAD = 600;
/** A shared beginning shorter than this is kept: cutting it would save nothing. Characters. */
const SHARED = 14;

const known = new WeakMap<TreeModel, Map<number, string>>();

/**
 * The label of a node in the picture: the text of its telling step, without the beginning that it shares with a sibling.
 * The part after that beginning is what distinguishes siblings.
 */
export function nodeTitle(model: TreeModel, id: number): string {
  let labels = known.get(model);
  if (labels === undefined) known.set(model, (labels = new Map<number, string>()));
  let label = labels.get(id);
  if (label === undefined) labels.set(id, (label = makeLabel(model, id)));
  return label;
}

function makeLabel(model: TreeModel, id: number): string {
  const node = itemAt(model.whole.nodes, id);
  if (node.parent === null) return plainText(model.view.question.slice(0, HEAD)) || t('Problem');
  const step = tellingStep(node);
  if (step === undefined) return t('(no text)');
  const before = node.steps.indexOf(step);
  const text = plainText(step.text.slice(0, HEAD));
  const others = before > 0 ? [] : itemAt(model.whole.nodes, node.parent).children.filter((sibling) => sibling !== id);
  const shared = Math.max(0, ...others.slice(0, 40).map((sibling) => sharedLength(text, firstText(itemAt(model.whole.nodes, sibling)))));
  const start = shared < SHARED || shared >= text.length ? 0 : text.lastIndexOf(' ', shared - 1) + 1;
  return (before > 0 || start > 0 ? '…' : '') + (text.slice(start) || t('(no text)'));
}

/** The step that represents a node: the one with the lowest PRM value, else the first low step, else the first step. */
export function tellingStep({ steps }: NodeView): StepView | undefined {
  if (steps.length < 2) return steps[0];
  const valued = steps.filter(({ values }) => values.prm !== undefined);
  const worst = [...valued].sort((a, b) => (a.values.prm ?? 1) - (b.values.prm ?? 1))[0];
  return worst ?? steps.find(({ low }) => low) ?? steps[0];
}

function firstText({ steps }: NodeView): string {
  return plainText((steps[0]?.text ?? '').slice(0, HEAD));
}

/** Length of the common beginning of two texts; 0 for equal texts, which nothing distinguishes. */
function sharedLength(a: string, b: string): number {
  if (a === b) return 0;
  let at = 0;
  while (at < a.length && at < b.length && a[at] === b[at]) at++;
  return at;
}
