import { button } from '../../shared/controls.js';
import { element, icon } from '../../shared/element.js';
import { KEY_HELP } from '../interact/keyboard.js';
import { nodeWords } from '../model/treeModel.js';
import type { PanelState } from '../state.js';

export interface OverlayActions {
  readonly retry: () => void;
  readonly cancel: () => void;
  readonly score: () => void;
  readonly showAll: () => void;
  readonly closeHelp: () => void;
}

/** What is in the place of a tree that is loading, absent or unreadable: the cause, and what to do next. */
export function renderPlaceholder(document: Document, state: PanelState, actions: OverlayActions): HTMLElement | null {
  const { status } = state;
  if (status.kind === 'loading') {
    return element(
      document,
      'div',
      { class: 'placeholder loading', role: 'status' },
      element(document, 'span', { class: 'codicon codicon-loading codicon-modifier-spin', 'aria-hidden': 'true' }),
      element(document, 'p', {}, 'Reading the tree…'),
      button(document, { label: 'Cancel', text: 'Cancel', onClick: actions.cancel }),
    );
  }
  if (status.kind === 'cancelled') {
    return element(
      document,
      'div',
      { class: 'placeholder', role: 'status' },
      icon(document, 'circle-slash'),
      element(document, 'p', {}, 'Reading was cancelled.'),
      button(document, { label: 'Read the tree', text: 'Read the tree', icon: 'refresh', onClick: actions.retry }),
    );
  }
  if (status.kind === 'empty') {
    return element(
      document,
      'div',
      { class: 'placeholder', role: 'status' },
      icon(document, 'type-hierarchy-sub'),
      element(document, 'h2', {}, 'No reasoning to draw'),
      element(document, 'p', {}, status.message),
      button(document, { label: 'Try again', text: 'Try again', icon: 'refresh', onClick: actions.retry }),
    );
  }
  if (status.kind === 'failed') {
    return element(
      document,
      'div',
      { class: 'placeholder', role: 'alert' },
      icon(document, 'error'),
      element(document, 'h2', {}, 'The tree could not be loaded'),
      element(document, 'p', {}, status.message),
      button(document, { label: 'Try again', text: 'Try again', icon: 'refresh', appearance: 'primary', onClick: actions.retry }),
    );
  }
  return null;
}

/** One line above the drawing when something about the tree needs saying, with the action that answers it. */
export function renderBanner(document: Document, state: PanelState, actions: OverlayActions): HTMLElement | null {
  const { model, staleMessage } = state;
  if (model === null) return null;
  const banner = (name: string, text: string, action?: HTMLElement) => {
    const host = element(document, 'div', { class: 'banner', role: 'status' }, icon(document, name), element(document, 'span', {}, text));
    if (action !== undefined) host.append(action);
    return host;
  };
  if (staleMessage !== null)
    return banner(
      'warning',
      `Not up to date: ${staleMessage}`,
      button(document, { label: 'Try again', text: 'Try again', onClick: actions.retry }),
    );
  if (!model.hasValues)
    return banner(
      'info',
      'No step has a value yet.',
      button(document, { label: 'Score the steps now', text: 'Score now', onClick: actions.score }),
    );
  if (model.nodes.length === 1)
    return banner('info', 'Only the problem: the search has not gone on from it, or its steps could not be read (see Problems).');
  if (state.root !== null)
    return banner(
      'list-tree',
      `Only the subtree of: ${nodeWords(model, state.root, 80)}`,
      button(document, { label: 'Show the whole tree (s)', text: 'Show all', onClick: actions.showAll }),
    );
  return null;
}

export function renderHelp(document: Document, actions: OverlayActions): HTMLElement {
  const rows = KEY_HELP.flatMap(([keys, meaning]) => [
    element(document, 'dt', {}, element(document, 'kbd', {}, keys)),
    element(document, 'dd', {}, meaning),
  ]);
  return element(
    document,
    'div',
    { class: 'help', role: 'dialog', 'aria-label': 'Keyboard', tabindex: '-1' },
    element(
      document,
      'div',
      { class: 'help-head' },
      element(document, 'h2', {}, 'Keyboard'),
      button(document, { label: 'Close', icon: 'close', onClick: actions.closeHelp }),
    ),
    element(document, 'dl', {}, ...rows),
    element(
      document,
      'p',
      { class: 'hint' },
      'The wheel zooms about the pointer, with Shift it widens the columns; dragging pans; a double click goes to the file.',
    ),
  );
}
