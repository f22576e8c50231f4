import { countRollouts } from '../../../server/reasoning/counts.js';
import { plural } from '../../shared/words.js';
import type { TreeModel } from './treeModel.js';

/**
 * How many first low steps there are. The file's number is the one that code lens and status show; where the picture flags another
 * number of nodes, why: `7 first low steps in the file, 2 flagged nodes here (steps that read the same are one node)`.
 */
export function firstLowWords(model: TreeModel): string {
  const { firstLow } = model.view.found;
  const nodes = model.firstLow.size;
  if (nodes === firstLow) return plural(firstLow, 'first low step');
  return `${plural(firstLow, 'first low step')} in the file, ${plural(nodes, 'flagged node')} here (${whyOther(model)})`;
}

function whyOther({ view, whole, firstLow, shown }: TreeModel): string {
  if (view !== whole) return 'the tree is shown at an earlier moment';
  const marked = view.nodes.filter(({ steps }) => steps.some((step) => step.firstLow));
  if (marked.length === firstLow.size && marked.every(({ id }) => firstLow.has(id)))
    return view.isSearchTree ? 'a node can have several steps' : 'steps that read the same are one node';
  return shown === 'model' ? 'by the model’s scores alone' : 'by the labels, where the file decides by other values';
}

/** How many rollouts the file keeps, and of how many: `77 rollouts kept of 116 judged (equal ones once; 4 of finished solutions)`. */
export function rolloutWords({ nodes }: TreeModel): string {
  const { kept, judged, finished } = countRollouts(nodes);
  if (judged === undefined || judged === kept) return plural(kept, 'rollout');
  const own = finished === 0 ? '' : `; ${finished} of finished solutions, not sampled`;
  return `${plural(kept, 'rollout')} kept of ${judged.toLocaleString('en')} judged (equal ones once${own})`;
}
