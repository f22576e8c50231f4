import type { Intent } from '../interact/keyboard.js';
import type { TreeView } from '../render/treeView.js';
import type { PanelStore } from '../state.js';
import type { Navigation } from './navigation.js';
import type { Replaying } from './replaying.js';
import type { Requests } from './requests.js';

export interface IntentWorld {
  readonly store: PanelStore;
  readonly navigation: Navigation;
  readonly replaying: Replaying;
  readonly requests: Requests;
  readonly view: TreeView;
  readonly focusSearch: () => void;
  readonly openMenu: (id: number | null) => void;
}

/** Carries out the intent of a key in the tree. */
export function carryOut(intent: Intent, { store, navigation, replaying, requests, view, focusSearch, openMenu }: IntentWorld): void {
  const { selected, isHelpOpen, isKeyOpen, isDetailsShown } = store.state;
  switch (intent.kind) {
    case 'select':
      return navigation.select(intent.id);
    case 'fold':
      return navigation.fold(intent.id, intent.isFolded);
    case 'foldTo':
      return navigation.foldTo(intent.depth);
    case 'low':
      return navigation.goLow(intent.direction);
    case 'zoom':
      return view.zoomBy(intent.direction === 1 ? 1.4 : 1 / 1.4);
    case 'fit':
      return view.fit();
    case 'play':
      return replaying.play();
    case 'event':
      return replaying.step(intent.direction);
    case 'search':
      return focusSearch();
    case 'help':
      return store.update({ isHelpOpen: !isHelpOpen });
    case 'details':
      return store.update({ isDetailsShown: !isDetailsShown });
    case 'menu':
      return openMenu(selected);
    case 'subtree':
      return navigation.showSubtree(selected);
    case 'back':
      if (isHelpOpen || isKeyOpen) store.update({ isHelpOpen: false, isKeyOpen: false });
      else navigation.search('');
      return;
    case 'reveal':
    case 'moreRollouts':
    case 'explainTraining':
      if (selected === null) return;
      if (intent.kind === 'reveal') requests.reveal({ node: selected }, intent.focus);
      else requests.send(intent.kind, { node: selected });
      return;
    case 'none':
      return;
  }
}
