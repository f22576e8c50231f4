import { t } from '../../server/l10n.js';
import { createAnnouncer } from '../shared/announce.js';
import { element, windowOf } from '../shared/element.js';
import type { Host } from '../shared/rpc.js';
import { carryOut } from './actions/intents.js';
import { createNavigation, type Navigation } from './actions/navigation.js';
import { menuItems } from './actions/nodeMenu.js';
import { createReplaying, type Replaying } from './actions/replaying.js';
import { createRequests, type Requests } from './actions/requests.js';
import { keyIntent } from './interact/keyboard.js';
import type { PersistedState, TreeEvents, TreeRequests } from './protocol.js';
import { createAriaTree } from './render/ariaTree.js';
import { createDetailsPane } from './render/detailsPane.js';
import { exportPng, exportSvg } from './render/exportPicture.js';
import { createMenu } from './render/menu.js';
import { createPage, type PageParts } from './render/page.js';
import { createReplayBar } from './render/replayBar.js';
import { createToolbar, type Toolbar } from './render/toolbar.js';
import { createTools } from './render/tools.js';
import { createTreeView, type TreeView } from './render/treeView.js';
import { createPanelStore, INITIAL_STATE, type PanelStore } from './state.js';
import { persisted } from './store.js';

const SAVE_MS = 150;

export interface AppWorld {
  readonly document: Document;
  readonly host: Host<TreeRequests, TreeEvents>;
  readonly restored: PersistedState | null;
  readonly save: (state: PersistedState) => void;
}

/** Builds the panel, wires store, views and host, and asks the host for the tree. */
export function startApp({ document, host, restored, save }: AppWorld): void {
  const window = windowOf(document);
  const store = createPanelStore({ ...INITIAL_STATE, shown: restored?.shown ?? INITIAL_STATE.shown });
  const panel = element(document, 'main', { class: 'panel' });
  const announce = createAnnouncer(panel);
  const requests = createRequests({ store, host, announce, restored });
  const navigation = createNavigation({ store, announce, view: () => view, reveal: (node) => requests.reveal({ node }) });
  const replaying = createReplaying(window, store, announce);
  host.on('momentShown', ({ line }) => replaying.showLine(line));
  const aria = createAriaTree(document);
  const menu = createMenu(document, () => aria.host.focus());
  const savePicture = (kind: 'svg' | 'png') => {
    const svg = exportSvg(view.svg, window.getComputedStyle(document.body).backgroundColor);
    const { width, height } = view.svg.getBoundingClientRect();
    const data = kind === 'svg' ? Promise.resolve(svg) : exportPng(document, svg, width, height);
    data.then(
      (text) => requests.send('savePicture', { kind, data: text }),
      (error: unknown) => announce(String(error)),
    );
  };
  const openMenu = (id: number | null, at = view.placeOf(id ?? store.state.root ?? 0)) => {
    if (id !== null) navigation.select(id);
    menu.open(id === null ? t('Tree') : t('Node'), menuItems(store.state, id, { navigation, requests, savePicture }), at.x, at.y);
  };
  const view: TreeView = createTreeView(document, store, {
    pick(id, focus) {
      navigation.select(id);
      store.update({ details: 'node' });
      requests.reveal({ node: id }, focus);
    },
    toggle: (id) => navigation.fold(id, !store.state.collapsed.has(id) && !store.state.display.stacks.has(id)),
    menu: (id, x, y) => openMenu(id, { x, y }),
    announce,
  });
  const toolbar = createToolbarOf({ document, store, navigation, requests, focusTree: () => aria.host.focus() });
  const parts: PageParts = {
    panel,
    toolbar,
    aria,
    view,
    tools: createTools(document, {
      fit: () => view.fit(),
      zoom: (direction) => view.zoomBy(direction === 1 ? 1.4 : 1 / 1.4),
      foldAll: navigation.foldAll,
      assumed: navigation.showAssumed,
      key: () => store.update({ isKeyOpen: !store.state.isKeyOpen }),
      replay: replaying.show,
    }),
    replayBar: createReplayBarOf({ document, store, navigation, requests, replaying, view }),
    details: createDetailsPane(document, store, {
      select: (id) => navigation.select(id),
      search: (query) => {
        navigation.search(query);
        announce(t('{0} nodes selected', store.state.matches.length));
      },
      reveal: (target) => requests.reveal(target),
      openImage: (index) => requests.send('openImage', { index }),
      moreRollouts: (node) => requests.send('moreRollouts', { node }),
      showRequest: (node, rollout) => requests.send('showRequest', { node, rollout }),
      explainTraining: (node) => requests.send('explainTraining', { node }),
    }),
  };
  createPage(document, store, parts, { announce, requests, navigation });
  panel.append(menu.host);
  document.body.append(panel);
  const intents = {
    store,
    navigation,
    replaying,
    requests,
    view,
    focusSearch: () => toolbar.search.focus(),
    openMenu: (id: number | null) => openMenu(id),
  };
  aria.host.addEventListener('keydown', (event) => {
    const intent = keyIntent(event, store.state);
    if (intent === undefined) return;
    event.preventDefault();
    carryOut(intent, intents);
  });
  view.host.addEventListener('pointerdown', () => window.setTimeout(() => aria.host.focus({ preventScroll: true })));
  saveLater(window, store, save);
  store.subscribe(({ selected }, before) => {
    if (selected !== before.selected) requests.send('selected', { node: selected });
  });
  requests.open();
}

interface ControlsWorld {
  readonly document: Document;
  readonly store: PanelStore;
  readonly navigation: Navigation;
  readonly requests: Requests;
}

function createToolbarOf({
  document,
  store,
  navigation,
  requests,
  focusTree,
}: ControlsWorld & { readonly focusTree: () => void }): Toolbar {
  return createToolbar(document, {
    pickProblem: (problem) => requests.pickProblem(problem),
    pickValues: requests.pickValues,
    search: navigation.search,
    match: navigation.goMatch,
    first: navigation.goFirst,
    label: () => requests.send('label', {}),
    lock(isLocked) {
      store.update({ isLocked });
      requests.send('setLocked', { isLocked });
    },
    details: () => store.update({ isDetailsShown: !store.state.isDetailsShown }),
    help: () => store.update({ isHelpOpen: !store.state.isHelpOpen }),
    leaveSearch() {
      navigation.search('');
      focusTree();
    },
  });
}

type ReplayBarWorld = ControlsWorld & { readonly replaying: Replaying; readonly view: TreeView };

function createReplayBarOf({ document, store, navigation, requests, replaying, view }: ReplayBarWorld) {
  return createReplayBar(document, {
    move: replaying.move,
    step: replaying.step,
    play: replaying.play,
    showEvent() {
      const { event } = store.state;
      if (event === null) return;
      navigation.select(event);
      view.center(event);
    },
    stopLabeling: () => requests.send('stopLabeling', {}),
    close: () => replaying.show(false),
  });
}

/** Saves the state that survives hiding and reload: shortly after a change, and when the page is hidden. */
function saveLater(window: Window, store: PanelStore, save: (state: PersistedState) => void): void {
  let timer = 0;
  const saveNow = () => {
    const state = persisted(store.state);
    if (state !== null) save(state);
  };
  const keys = ['model', 'selected', 'collapsed', 'zoom', 'details', 'split', 'shown', 'isDetailsShown', 'root', 'hasAssumed'] as const;
  store.subscribe((state, before) => {
    if (keys.every((key) => state[key] === before[key])) return;
    window.clearTimeout(timer);
    timer = window.setTimeout(saveNow, SAVE_MS);
  });
  window.addEventListener('pagehide', saveNow);
}
