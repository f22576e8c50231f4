import { t } from '../../../server/l10n.js';
import type { Announce } from '../../shared/announce.js';
import { element, windowOf } from '../../shared/element.js';
import { createSplitter } from '../../shared/splitter.js';
import type { Navigation } from '../actions/navigation.js';
import type { Requests } from '../actions/requests.js';
import type { PanelState, PanelStore } from '../state.js';
import type { AriaTree } from './ariaTree.js';
import type { DetailsPane } from './detailsPane.js';
import { createKey } from './key.js';
import { renderBanner, renderHelp, renderPlaceholder } from './overlays.js';
import { labelingWords, type ReplayBar } from './replayBar.js';
import type { Toolbar } from './toolbar.js';
import type { Tools } from './tools.js';
import type { TreeView } from './treeView.js';

/** A panel wider than this has the details beside the drawing, a narrower one below it. Pixels. */
const WIDE = 700;
/** In a narrower panel the toolbar's buttons have only icons, to fit in one line with the problem picker. Pixels. */
const NARROW = 560;

export interface PageParts {
  readonly panel: HTMLElement;
  readonly toolbar: Toolbar;
  readonly aria: AriaTree;
  readonly view: TreeView;
  readonly tools: Tools;
  readonly replayBar: ReplayBar;
  readonly details: DetailsPane;
}

export interface PageActions {
  readonly announce: Announce;
  readonly requests: Requests;
  readonly navigation: Navigation;
}

/** Puts the parts of the panel into place, and informs each of what changed. */
export function createPage(document: Document, store: PanelStore, parts: PageParts, { announce, requests, navigation }: PageActions): void {
  const { panel, toolbar, aria, view, tools, replayBar, details } = parts;
  const window = windowOf(document);
  const slot = (name: string) => element(document, 'div', { class: name });
  const [banner, overlay] = [slot('banner-slot'), slot('overlay-slot')];
  const closeKey = () => {
    store.update({ isKeyOpen: false, isHelpOpen: false });
    aria.host.focus();
  };
  const key = createKey(document, closeKey);
  const picture = element(document, 'div', { class: 'picture' }, aria.host, view.host, tools.host, key.host);
  const stage = element(document, 'div', { class: 'stage' }, picture, replayBar.host, overlay);
  const content = slot('content');
  const splitter = createSplitter(document, content, (split) => store.update({ split }));
  content.append(stage, splitter.host, details.host);
  panel.append(element(document, 'h1', { class: 'visually-hidden' }, t('Reasoning tree')), toolbar.host, banner, content);
  for (const box of [key.host, overlay])
    box.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return;
      event.preventDefault();
      closeKey();
    });
  const actions = {
    retry: requests.open,
    cancel: requests.cancelOpen,
    score() {
      announce(t('Scoring'));
      requests.send('score', {});
    },
    showAll: () => navigation.showSubtree(null),
    closeHelp: closeKey,
    retryLabeling() {
      announce(t('Labeling again'));
      requests.send('retryLabeling', {});
    },
    setServerKey: () => requests.send('setServerKey', {}),
    tryPolicy: () => requests.send('tryPolicy', {}),
    showLog: () => requests.send('showLog', {}),
    hideFailure: (isFailureHidden: boolean) => store.update({ isFailureHidden }),
  };
  let isWide = true;
  const render = (state: PanelState, before: PanelState | null) => {
    const changed = (...keys: (keyof PanelState)[]) => before === null || keys.some((name) => state[name] !== before[name]);
    if (changed('model', 'query', 'matches', 'selected', 'labeling', 'isLocked', 'isDetailsShown')) toolbar.update(state);
    if (changed('model', 'replay', 'isReplayShown', 'hasAssumed', 'isKeyOpen')) tools.update(state);
    if (changed('model', 'replay', 'replayAt', 'isPlaying', 'labeling', 'isReplayShown')) replayBar.update(state);
    if (before !== null && (state.labeling === null) !== (before.labeling === null))
      announce(state.labeling === null ? t('Labeling has ended') : labelingWords(state.labeling));
    if (changed('model', 'selected', 'collapsed', 'display', 'root') && state.model !== null) aria.update(state.model, state);
    if (changed('model', 'isKeyOpen')) key.update(state.model, state.isKeyOpen);
    if (changed('status', 'isHelpOpen', 'failure', 'isFailureHidden')) {
      const shown = renderPlaceholder(document, state, actions) ?? (state.isHelpOpen ? renderHelp(document, actions) : null);
      overlay.replaceChildren(...(shown === null ? [] : [shown]));
      panel.dataset['status'] = state.failure !== null && !state.isFailureHidden ? 'failed' : state.status.kind;
    }
    if (changed('model', 'staleMessage', 'root', 'failure', 'labeling')) {
      const line = renderBanner(document, state, actions);
      banner.replaceChildren(...(line === null ? [] : [line]));
    }
    if (changed('split')) splitter.update(state.split, isWide);
    if (changed('isDetailsShown')) panel.classList.toggle('alone', !state.isDetailsShown);
    details.update(state, before);
    // A box gets the focus when it opens, so that its keys work, Escape among them.
    if (before !== null && state.isHelpOpen && !before.isHelpOpen) overlay.querySelector<HTMLElement>('.help')?.focus();
    if (before !== null && state.isKeyOpen && !before.isKeyOpen) key.host.focus();
  };
  store.subscribe(render);
  new window.ResizeObserver(() => {
    isWide = panel.clientWidth > WIDE;
    panel.classList.toggle('wide', isWide);
    panel.classList.toggle('narrow', panel.clientWidth < NARROW);
    splitter.update(store.state.split, isWide);
  }).observe(panel);
  followTheme(document, () => view.themeChanged());
  render(store.state, null);
}

function followTheme(document: Document, onChange: () => void): void {
  const window = windowOf(document);
  new window.MutationObserver(onChange).observe(document.body, { attributes: true, attributeFilter: ['class'] });
  new window.MutationObserver(onChange).observe(document.documentElement, { attributes: true, attributeFilter: ['style'] });
}
