import { t } from '../../../server/l10n.js';
import { itemAt } from '../../../server/reasoning/present.js';
import { rolloutCount } from '../../../server/reasoning/treeStatistics.js';
import { canExplain, canSampleMore } from '../interact/keyboard.js';
import type { MenuItem } from '../render/menu.js';
import type { PanelState } from '../state.js';
import type { Navigation } from './navigation.js';
import type { Requests } from './requests.js';

export interface MenuWorld {
  readonly navigation: Navigation;
  readonly requests: Requests;
  readonly savePicture: (kind: 'svg' | 'png') => void;
}

/** Menu items for a node, or for the tree if `id` is null. A `null` item separates groups. */
export function menuItems(state: PanelState, id: number | null, { navigation, requests, savePicture }: MenuWorld): (MenuItem | null)[] {
  const picture = [
    { label: t('Save the picture as SVG…'), run: () => savePicture('svg') },
    { label: t('Save the picture as PNG…'), run: () => savePicture('png') },
  ];
  const { model, root, hasAssumed } = state;
  const tree = [
    ...(root === null ? [] : [{ label: t('Show the whole tree'), keys: 's', run: () => navigation.showSubtree(null) }]),
    {
      label: hasAssumed ? t('Stack assumed nodes') : t('Show assumed nodes one by one'),
      run: () => navigation.showAssumed(!hasAssumed),
    },
    { label: t('Compare with another run…'), run: () => requests.send('compare', {}) },
  ];
  if (model === null || id === null) return [...tree, null, ...picture];
  const node = itemAt(model.nodes, id);
  const at = { ...state, selected: id };
  const steps = node.steps.length > 0;
  const depth = node.depth - (root === null ? 0 : itemAt(model.nodes, root).depth);
  return [
    { label: t('Show in the file'), keys: 'Enter', run: () => requests.reveal({ node: id }, true) },
    null,
    ...(steps ? [{ label: t('Copy the step'), run: () => requests.send('copy', { node: id, what: 'step' }) }] : []),
    ...(steps ? [{ label: t('Copy the path to here'), run: () => requests.send('copy', { node: id, what: 'path' }) }] : []),
    { label: t('Copy its place in the file (JSON pointer)'), run: () => requests.send('copy', { node: id, what: 'pointer' }) },
    null,
    ...(canSampleMore(at)
      ? [{ label: t('More rollouts from here…'), keys: 'm', run: () => requests.send('moreRollouts', { node: id }) }]
      : []),
    ...(canExplain(at) ? [{ label: t('In the training set?'), keys: 'w', run: () => requests.send('explainTraining', { node: id }) }] : []),
    ...(rolloutCount(node.rollouts) > 0 ? [{ label: t('Show its rollouts'), run: () => navigation.select(id) }] : []),
    ...(rolloutCount(node.rollouts) > 0 && state.replay !== null
      ? [{ label: t('Show request'), run: () => requests.send('showRequest', { node: id }) }]
      : []),
    null,
    { label: t('Review…'), run: () => requests.send('review', {}) },
    ...(steps ? [{ label: t('Label from here…'), run: () => requests.send('review', { node: id }) }] : []),
    null,
    ...(node.children.length > 0 && id !== root && id !== 0
      ? [{ label: t('Show this subtree alone'), keys: 's', run: () => navigation.showSubtree(id) }]
      : []),
    ...(depth > 0 && depth < 10
      ? [{ label: t('Fold the tree to this depth'), keys: String(depth), run: () => navigation.foldTo(depth) }]
      : []),
    ...tree,
    null,
    ...picture,
  ];
}
