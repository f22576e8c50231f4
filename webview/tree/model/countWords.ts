import { plural, t } from '../../../server/l10n.js';
import { countRollouts } from '../../../server/reasoning/counts.js';
import type { TreeModel } from './treeModel.js';

/**
 * The number of first low steps in words. Code lens and status show the number of the file. If the picture flags
 * another number of nodes, gives the reason:
 * `7 first low steps in the file, 2 flagged nodes here (steps that read the same are one node)`.
 */
export function firstLowWords(model: TreeModel): string {
  const { firstLow } = model.view.found;
  const nodes = model.firstLow.size;
  if (nodes === firstLow) return plural(firstLow, '{0} first low step', '{0} first low steps');
  return t(
    '{0} in the file, {1} here ({2})',
    plural(firstLow, '{0} first low step', '{0} first low steps'),
    plural(nodes, '{0} flagged node', '{0} flagged nodes'),
    whyOther(model),
  );
}

function whyOther({ view, whole, firstLow, shown }: TreeModel): string {
  if (view !== whole) return t('the tree is shown at an earlier moment');
  const marked = view.nodes.filter(({ steps }) => steps.some((step) => step.firstLow));
  if (marked.length === firstLow.size && marked.every(({ id }) => firstLow.has(id)))
    return view.isSearchTree ? t('a node can have several steps') : t('steps that read the same are one node');
  return shown === 'model' ? t('by the model’s scores alone') : t('by the labels, where the file decides by other values');
}

/** How many rollouts the file keeps, and of how many: `77 rollouts kept of 116 judged (equal ones once; 4 of finished solutions)`. */
export function rolloutWords({ nodes }: TreeModel): string {
  const { kept, judged, finished } = countRollouts(nodes);
  if (judged === undefined || judged === kept) return plural(kept, '{0} rollout', '{0} rollouts');
  const own = finished === 0 ? '' : t('; {0} of finished solutions, not sampled', finished);
  return t('{0} kept of {1} judged (equal ones once{2})', plural(kept, '{0} rollout', '{0} rollouts'), judged.toLocaleString('en'), own);
}
