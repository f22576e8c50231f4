import { createAnnouncer } from '../shared/announce.js';
import { tabs } from '../shared/controls.js';
import { element } from '../shared/element.js';
import type { Host } from '../shared/rpc.js';
import { createSplitter } from '../shared/splitter.js';
import { plural } from '../shared/words.js';
import { type Intent, keyIntent } from './interact/keyboard.js';
import { createPlayer } from './interact/player.js';
import { frameWords } from './model/replay.js';
import { findNodes } from './model/search.js';
import { landingNode, type ShownValues } from './model/treeModel.js';
import type { InitialView, PersistedState, TreeEvents, TreeRequests } from './protocol.js';
import { createAriaTree, speak } from './render/ariaTree.js';
import { createLegend } from './render/legend.js';
import { renderNodePane } from './render/nodePane.js';
import { renderBanner, renderHelp, renderPlaceholder } from './render/overlays.js';
import { createReplayBar, labelingWords } from './render/replayBar.js';
import { renderStatisticsPane } from './render/statisticsPane.js';
import { createToolbar } from './render/toolbar.js';
import { createTreeView } from './render/treeView.js';
import {
  createStore,
  INITIAL_STATE,
  modelAt,
  moveReplay,
  type PanelState,
  persisted,
  receiveModel,
  receiveReplay,
  unfoldTo,
} from './store.js';

/** Above this width the details stand at the right, below it under the drawing. Pixels. */
const WIDE = 820;
const SAVE_MS = 150;

/** Below this width the legend starts closed. Pixels. */
const LEGEND_WIDTH = 480;

export interface AppWorld {
  readonly document: Document;
  readonly host: Host<TreeRequests, TreeEvents>;
  readonly restored: PersistedState | null;
  readonly save: (state: PersistedState) => void;
}

/** Builds the panel, wires store, views and host, and asks the host for the tree. */
export function startApp({ document, host, restored, save }: AppWorld): void {
  const window = document.defaultView!;
  const store = createStore({
    ...INITIAL_STATE,
    isLegendOpen: window.innerWidth >= LEGEND_WIDTH,
    shown: restored?.shown ?? INITIAL_STATE.shown,
  });
  let pendingRestore = restored;
  let savingTimer = 0;

  // --- actions -----------------------------------------------------------------------------------------------------
  const fail = (error: unknown) => announce(messageOf(error));
  const select = (id: number, step: number | null = null) => {
    const { model, collapsed } = store.state;
    if (model === null || model.nodes[id] === undefined) return;
    store.update({ selected: id, selectedStep: step, collapsed: unfoldTo(model, collapsed, id) });
  };
  const reveal = (args: { readonly node: number; readonly step?: number; readonly rollout?: number }, focus = false) =>
    void host.call('reveal', { ...args, focus }).catch(fail);
  const fold = (id: number, isFolded: boolean) => {
    const { model, collapsed } = store.state;
    if (model === null || model.nodes[id]!.children.length === 0) return;
    const next = new Set(collapsed);
    if (isFolded) next.add(id);
    else next.delete(id);
    const hidesSelection = isFolded && isBelow(store.state, id);
    store.update({ collapsed: next, ...(hidesSelection ? { selected: id, selectedStep: null } : {}) });
    announce(`${isFolded ? 'Folded' : 'Unfolded'} ${plural(model.subtreeSize[id]! - 1, 'node')}`);
  };
  const foldAll = (isFolded: boolean) => {
    const { model } = store.state;
    if (model === null) return;
    const inner = isFolded ? model.nodes.filter((node) => node.parent !== null && node.children.length > 0).map((node) => node.id) : [];
    store.update({
      collapsed: new Set(inner),
      ...(isFolded && store.state.selected !== null ? { selected: firstLevel(store.state), selectedStep: null } : {}),
    });
    view.fit();
    announce(isFolded ? 'All folded' : 'All unfolded');
  };
  const goLow = (direction: 1 | -1) => {
    const { model, selected } = store.state;
    if (model === null) return;
    const at = selected === null ? -1 : model.rank[selected]!;
    const next = direction === 1 ? model.low.find((id) => model.rank[id]! > at) : model.low.findLast((id) => model.rank[id]! < at);
    if (next === undefined)
      announce(model.low.length === 0 ? 'No step is below the threshold' : `No ${direction === 1 ? 'later' : 'earlier'} low step`);
    else goTo(next);
  };
  const goTo = (id: number) => {
    select(id);
    view.centre(id);
    reveal({ node: id });
  };
  const goMatch = (direction: 1 | -1) => {
    const { model, selected, matches } = store.state;
    if (model === null || matches.length === 0) return;
    const at = selected === null ? -1 : model.rank[selected]!;
    const next =
      direction === 1
        ? (matches.find((id) => model.rank[id]! > at) ?? matches[0])
        : (matches.findLast((id) => model.rank[id]! < at) ?? matches.at(-1));
    select(next!);
    view.centre(next!);
    announce(`${matches.indexOf(next!) + 1} of ${plural(matches.length, 'match', 'matches')}: ${speak(model, next!)}`);
  };
  const search = (query: string) => {
    const { model } = store.state;
    store.update({ query, matches: model === null ? [] : findNodes(model, query) });
  };
  const receive = (initial: InitialView) => {
    if (initial.view === null) {
      const message = initial.empty ?? 'Open a file of reasoning steps and show its tree from there.';
      store.update({ status: { kind: 'empty', message }, model: null, selected: null, ...receiveReplay(store.state, initial) });
      return;
    }
    const arrived = { ...store.state, ...receiveReplay(store.state, initial) };
    const model = modelAt(initial.view, arrived.replay, arrived.replayAt, arrived.shown);
    const next = receiveModel(arrived, model, initial.images, pendingRestore);
    pendingRestore = null;
    const isNew =
      store.state.model === null || store.state.model.view.uri !== model.view.uri || store.state.model.view.problem !== model.view.problem;
    const selected = next.selected ?? (isNew ? landingNode(model) : null);
    store.update({ ...next, selected, collapsed: selected === null ? next.collapsed : unfoldTo(model, next.collapsed, selected) });
  };
  const pickValues = (shown: ShownValues) => {
    const { model, images, replay, replayAt } = store.state;
    if (model === null || shown === model.shown) return;
    store.update(receiveModel({ ...store.state, shown }, modelAt(model.whole, replay, replayAt, shown), images, null));
    announce(shown === 'model' ? 'Scores of the model are shown' : 'Labels of the file are shown');
  };
  const replayTo = (count: number, isPlaying = false) => store.update({ ...moveReplay(store.state, count), isPlaying });
  const position = () => store.state.replayAt ?? store.state.replay?.frames.length ?? 0;
  /** The line of the present event, for those who do not see it. */
  const announceEvent = () => {
    const { model, replay } = store.state;
    const frame = replay?.frames[position() - 1];
    if (model !== null && frame !== undefined) announce(frameWords(frame, model.whole));
  };
  const stepReplay = (direction: 1 | -1) => {
    replayTo(position() + direction);
    announceEvent();
  };
  const playReplay = () => {
    const { replay, replayAt, isPlaying } = store.state;
    if (replay === null || replay.frames.length === 0) return;
    if (isPlaying) {
      store.update({ isPlaying: false });
      announceEvent();
    } else replayTo(replayAt ?? 1, true);
  };
  const playOn = () => {
    const isLast = position() + 1 >= (store.state.replay?.frames.length ?? 0);
    replayTo(position() + 1, !isLast);
    if (isLast) announceEvent();
  };
  const player = createPlayer(window, playOn);
  const label = () => {
    announce('Labelling');
    host.call('label', {}).catch(fail);
  };
  const moreRollouts = (node: number) => void host.call('moreRollouts', { node }).catch(fail);
  const explainTraining = (node: number) => void host.call('explainTraining', { node }).catch(fail);
  const open = () => {
    if (store.state.model === null) store.update({ status: { kind: 'loading' } });
    host.call('open', { state: persisted(store.state) ?? pendingRestore }).then(receive, (error: unknown) => {
      const message = messageOf(error);
      if (store.state.model === null) store.update({ status: { kind: 'failed', message } });
      else store.update({ staleMessage: message });
    });
  };
  const pickProblem = (problem: number, then?: () => void) => {
    if (problem === store.state.model?.view.problem) return;
    const stale = (error: unknown) => store.update({ staleMessage: messageOf(error) });
    host.call('select', { problem }).then(receive).then(then).catch(stale);
  };

  // --- views -------------------------------------------------------------------------------------------------------
  const panel = element(document, 'main', { class: 'panel' });
  const announce = createAnnouncer(panel);
  const toolbar = createToolbar(document, {
    pickProblem: (problem) => pickProblem(problem),
    pickValues,
    search,
    match: goMatch,
    firstLow: () => {
      const { model } = store.state;
      const id = model === null ? null : landingNode(model);
      if (id !== null) goTo(id);
    },
    fit: () => view.fit(),
    zoom: (direction) => view.zoomBy(direction === 1 ? 1.4 : 1 / 1.4),
    foldAll,
    label,
    help: () => store.update({ isHelpOpen: !store.state.isHelpOpen }),
    leaveSearch: () => {
      search('');
      aria.host.focus();
    },
  });
  const aria = createAriaTree(document);
  const view = createTreeView(document, store, {
    pick(id, focus) {
      select(id);
      store.update({ details: 'node' });
      reveal({ node: id }, focus);
    },
    toggle: (id) => fold(id, !store.state.collapsed.has(id)),
  });
  const replayBar = createReplayBar(document, {
    move: (count) => replayTo(count),
    step: stepReplay,
    play: playReplay,
    showEvent: () => {
      const { event } = store.state;
      if (event === null) return;
      select(event);
      view.centre(event);
    },
    stopLabeling: () => void host.call('stopLabeling', {}).catch(fail),
  });
  const legend = createLegend(document, () => store.update({ isLegendOpen: !store.state.isLegendOpen }));
  const overlayActions = {
    retry: open,
    score: () => {
      announce('Scoring');
      host.call('score', {}).catch(fail);
    },
    unfoldAll: () => foldAll(false),
    closeHelp: () => {
      store.update({ isHelpOpen: false });
      aria.host.focus();
    },
  };
  const bannerSlot = element(document, 'div', { class: 'banner-slot' });
  const overlaySlot = element(document, 'div', { class: 'overlay-slot' });
  const stage = element(
    document,
    'div',
    { class: 'stage' },
    element(document, 'div', { class: 'picture' }, aria.host, view.host),
    replayBar.host,
    legend.host,
    overlaySlot,
  );
  const nodePane = element(document, 'div', { class: 'pane', tabindex: '0', role: 'region', 'aria-label': 'Node' });
  const statisticsPane = element(document, 'div', { class: 'pane', tabindex: '0', role: 'region', 'aria-label': 'Statistics' });
  const detailTabs = tabs(
    document,
    'Details',
    [
      { id: 'node', title: 'Node', body: nodePane },
      { id: 'statistics', title: 'Statistics', body: statisticsPane },
    ],
    (id) => store.update({ details: id === 'statistics' ? 'statistics' : 'node' }),
  );
  const details = element(document, 'aside', { class: 'details', 'aria-label': 'Details' }, detailTabs.host);
  const content = element(document, 'div', { class: 'content' });
  const splitter = createSplitter(document, content, (split) => store.update({ split }));
  content.append(stage, splitter.host, details);
  panel.append(element(document, 'h1', { class: 'visually-hidden' }, 'Reasoning tree'), toolbar.host, bannerSlot, content);
  document.body.append(panel);

  // --- input -------------------------------------------------------------------------------------------------------
  view.host.addEventListener('pointerdown', () => window.setTimeout(() => aria.host.focus({ preventScroll: true })));
  aria.host.addEventListener('keydown', (event) => {
    const intent = keyIntent(event, store.state);
    if (intent === undefined) return;
    event.preventDefault();
    carryOut(intent);
  });
  const carryOut = (intent: Intent) => {
    const { selected } = store.state;
    if (intent.kind === 'select') select(intent.id);
    else if (intent.kind === 'fold') fold(intent.id, intent.isFolded);
    else if (intent.kind === 'reveal' && selected !== null) reveal({ node: selected }, intent.focus);
    else if (intent.kind === 'low') goLow(intent.direction);
    else if (intent.kind === 'zoom') view.zoomBy(intent.direction === 1 ? 1.4 : 1 / 1.4);
    else if (intent.kind === 'fit') view.fit();
    else if (intent.kind === 'play') playReplay();
    else if (intent.kind === 'event') stepReplay(intent.direction);
    else if (intent.kind === 'moreRollouts' && selected !== null) moreRollouts(selected);
    else if (intent.kind === 'explainTraining' && selected !== null) explainTraining(selected);
    else if (intent.kind === 'search') toolbar.search.focus();
    else if (intent.kind === 'help') store.update({ isHelpOpen: !store.state.isHelpOpen });
    else if (intent.kind === 'back') store.update(store.state.isHelpOpen ? { isHelpOpen: false } : { query: '', matches: [] });
  };

  // --- store -> views ----------------------------------------------------------------------------------------------
  let isWide = true;
  let statisticsFor: unknown = null;
  /** After the frame that draws the tree: formulas take longer than the tree does, and a held arrow key shows only the last node. */
  let detailsPending = 0;
  let detailsFor: number | null = null;
  const renderDetailsSoon = () => {
    window.clearTimeout(detailsPending);
    detailsPending = window.setTimeout(() => window.requestAnimationFrame(renderDetails), 0);
  };
  const renderDetails = () => {
    const { state } = store;
    nodePane.replaceChildren(
      ...renderNodePane(document, state, {
        select,
        reveal,
        openImage: (index) => void host.call('openImage', { index }).catch(fail),
        moreRollouts,
        explainTraining,
      }),
    );
    if (detailsFor !== state.selected) nodePane.scrollTop = 0;
    detailsFor = state.selected;
    // A single step is seen with the value above it; of several, the one at the cursor must be in sight.
    const current = nodePane.querySelector('.step.current');
    if (current !== null && nodePane.querySelectorAll('.step').length > 1) scrollWithin(nodePane, current);
  };
  const render = (state: PanelState, before: PanelState | null) => {
    const changed = (...keys: (keyof PanelState)[]) => before === null || keys.some((key) => state[key] !== before[key]);
    if (changed('model', 'query', 'matches', 'selected', 'labeling')) toolbar.update(state);
    if (changed('model', 'replay', 'replayAt', 'isPlaying', 'labeling')) replayBar.update(state);
    if (changed('isPlaying')) player.update(state.isPlaying);
    if (before !== null && (state.labeling === null) !== (before.labeling === null))
      announce(state.labeling === null ? 'Labelling has ended' : labelingWords(state.labeling));
    if (changed('model', 'selected', 'collapsed') && state.model !== null) aria.update(state.model, state.selected, state.collapsed);
    if (changed('model', 'isLegendOpen')) legend.update(state.model, state.isLegendOpen);
    if (changed('status', 'isHelpOpen')) {
      const overlay =
        renderPlaceholder(document, state, overlayActions) ?? (state.isHelpOpen ? renderHelp(document, overlayActions) : null);
      overlaySlot.replaceChildren(...(overlay === null ? [] : [overlay]));
      panel.dataset['status'] = state.status.kind;
    }
    if (changed('model', 'staleMessage', 'collapsed')) {
      const banner = renderBanner(document, state, overlayActions);
      bannerSlot.replaceChildren(...(banner === null ? [] : [banner]));
    }
    if (changed('model', 'selected', 'selectedStep', 'images', 'replay', 'labeling')) renderDetailsSoon();
    if (changed('details')) detailTabs.show(state.details);
    if (changed('split')) splitter.update(state.split, isWide);
    if (state.details === 'statistics' && state.model !== null && statisticsFor !== state.model) {
      statisticsFor = state.model;
      statisticsPane.replaceChildren(...renderStatisticsPane(document, state.model));
    }
    if (changed('model', 'selected', 'collapsed', 'zoom', 'details', 'split', 'shown')) {
      window.clearTimeout(savingTimer);
      savingTimer = window.setTimeout(saveNow, SAVE_MS);
    }
  };
  const saveNow = () => {
    const state = persisted(store.state);
    if (state !== null) save(state);
  };
  store.subscribe(render);
  window.addEventListener('pagehide', saveNow);
  new window.ResizeObserver(() => {
    isWide = panel.clientWidth > WIDE;
    panel.classList.toggle('wide', isWide);
    splitter.update(store.state.split, isWide);
  }).observe(panel);
  new window.MutationObserver(() => view.themeChanged()).observe(document.body, { attributes: true, attributeFilter: ['class'] });
  new window.MutationObserver(() => view.themeChanged()).observe(document.documentElement, {
    attributes: true,
    attributeFilter: ['style'],
  });

  // --- host --------------------------------------------------------------------------------------------------------
  host.on('viewChanged', receive);
  host.on('viewFailed', ({ message }) => store.update({ staleMessage: message }));
  host.on('nodeSelected', ({ problem, node, step }) => {
    if (problem === store.state.model?.view.problem) select(node, step ?? null);
    else pickProblem(problem, () => select(node, step ?? null));
  });
  render(store.state, null);
  open();
}

/** Scrolls the pane alone: `scrollIntoView` would also move what clips it, and push the tabs out of sight. */
function scrollWithin(pane: HTMLElement, target: Element): void {
  const [outer, inner] = [pane.getBoundingClientRect(), target.getBoundingClientRect()];
  if (inner.top < outer.top || inner.height > outer.height) pane.scrollTop += inner.top - outer.top;
  else if (inner.bottom > outer.bottom) pane.scrollTop += inner.bottom - outer.bottom;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Whether the selection lies in the subtree of a node, itself excluded. */
function isBelow({ model, selected }: PanelState, id: number): boolean {
  if (model === null || selected === null || selected === id) return false;
  const from = model.rank[id]!;
  const at = model.rank[selected]!;
  return at > from && at < from + model.subtreeSize[id]!;
}

/** What is left of the selection to see when all is folded: its ancestor right below the root, or the root. */
function firstLevel({ model, selected }: PanelState): number | null {
  let at = selected;
  while (at !== null && model!.nodes[at]!.depth > 1) at = model!.nodes[at]!.parent;
  return at;
}
