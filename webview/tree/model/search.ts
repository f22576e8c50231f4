import { finalAnswer } from '../../../server/reasoning/finalAnswer.js';
import { plainText } from '../../shared/words.js';
import { nodeText, type TreeModel } from './treeModel.js';

/**
 * Nodes, in reading order, whose steps, rollout answers or final answer contain the query: as written or as read (LaTeX
 * reduced to plain text), without regard to case. An empty query finds nothing.
 */
export function findNodes(model: TreeModel, query: string): number[] {
  const wanted = query.trim().toLowerCase();
  if (wanted === '') return [];
  const texts = searchable(model);
  return [...model.order].filter((id) => texts[id]!.includes(wanted));
}

const known = new WeakMap<TreeModel, readonly string[]>();

/** What is searched, by node id; made at the first search of a tree. */
function searchable(model: TreeModel): readonly string[] {
  const made = known.get(model);
  if (made !== undefined) return made;
  const texts = model.nodes.map(({ id, rollouts }) => {
    const text = nodeText(model, id);
    const answers = new Set(rollouts.map((rollout) => rollout.answer ?? finalAnswer(rollout.steps.at(-1) ?? '') ?? ''));
    return [text, plainText(text), ...answers].join('\n').toLowerCase();
  });
  known.set(model, texts);
  return texts;
}
