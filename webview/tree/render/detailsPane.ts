import { t } from '../../../server/l10n.js';
import { tabs } from '../../shared/controls.js';
import { element, windowOf } from '../../shared/element.js';
import type { PanelState, PanelStore } from '../state.js';
import { type NodePaneActions, renderNodePane } from './nodePane.js';
import { renderStatisticsPane, type StatisticsActions } from './statisticsPane.js';

export interface DetailsPane {
  readonly host: HTMLElement;
  update(state: PanelState, before: PanelState | null): void;
}

export type DetailsActions = NodePaneActions & StatisticsActions;

/** The details beside the drawing: the selected node or the statistics of the tree, each rendered when it is shown. */
export function createDetailsPane(document: Document, store: PanelStore, actions: DetailsActions): DetailsPane {
  const window = windowOf(document);
  const node = element(document, 'div', { class: 'pane', tabindex: '0', role: 'region', 'aria-label': t('Node') });
  const statistics = element(document, 'div', { class: 'pane', tabindex: '0', role: 'region', 'aria-label': t('Statistics') });
  const panes = [
    { id: 'node', title: t('Node'), body: node },
    { id: 'statistics', title: t('Statistics'), body: statistics },
  ];
  const head = tabs(document, t('Details'), panes, (id) => store.update({ details: id === 'statistics' ? 'statistics' : 'node' }));
  let statisticsFor: unknown = null;
  let nodeFor: number | null = null;
  let pending = 0;
  const renderNode = () => {
    const { state } = store;
    node.replaceChildren(...renderNodePane(document, state, actions));
    if (nodeFor !== state.selected) node.scrollTop = 0;
    nodeFor = state.selected;
    // A single step is at the top. Of several steps, the one at the cursor must be visible.
    const current = node.querySelector('.step.current');
    if (current !== null && node.querySelectorAll('.step').length > 1) scrollWithin(node, current);
  };
  /** Renders after the tree's frame: formulas take longer than it. A held arrow key renders only the last node. */
  const renderNodeSoon = () => {
    window.clearTimeout(pending);
    pending = window.setTimeout(() => window.requestAnimationFrame(renderNode), 0);
  };
  return {
    host: element(document, 'aside', { class: 'details', 'aria-label': t('Details') }, head.host),
    update(state, before) {
      const keys = ['model', 'selected', 'selectedStep', 'images', 'replay', 'labeling', 'rollouts', 'query', 'isDetailsShown'] as const;
      if (state.isDetailsShown && (before === null || keys.some((key) => state[key] !== before[key]))) renderNodeSoon();
      if (before === null || state.details !== before.details) head.show(state.details);
      if (state.details === 'statistics' && state.isDetailsShown && state.model !== null && statisticsFor !== state.model) {
        statisticsFor = state.model;
        statistics.replaceChildren(...renderStatisticsPane(document, state.model, state.replay, actions));
      }
    },
  };
}

/** Scrolls only the pane: `scrollIntoView` would also scroll elements that clip it and push the tabs out of view. */
function scrollWithin(pane: HTMLElement, target: Element): void {
  const [outer, inner] = [pane.getBoundingClientRect(), target.getBoundingClientRect()];
  if (inner.top < outer.top || inner.height > outer.height) pane.scrollTop += inner.top - outer.top;
  else if (inner.bottom > outer.bottom) pane.scrollTop += inner.bottom - outer.bottom;
}
