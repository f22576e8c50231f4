import { t } from '../../../server/l10n.js';
import { button } from '../../shared/controls.js';
import { element, icon } from '../../shared/element.js';
import { KEY_HELP } from '../interact/keyboard.js';
import { nodeWords } from '../model/treeModel.js';
import type { PanelFailure } from '../protocol.js';
import type { PanelState } from '../state.js';

export interface OverlayActions {
  readonly retry: () => void;
  readonly cancel: () => void;
  readonly score: () => void;
  readonly showAll: () => void;
  readonly closeHelp: () => void;
  readonly retryLabeling: () => void;
  readonly setServerKey: () => void;
  readonly tryPolicy: () => void;
  readonly showLog: () => void;
  /** Shows the existing tree instead of the failure, or the failure again. */
  readonly hideFailure: (isHidden: boolean) => void;
}

/** Renders the placeholder for a tree that is loading, absent or unreadable: the cause, and what to do next. */
export function renderPlaceholder(document: Document, state: PanelState, actions: OverlayActions): HTMLElement | null {
  const { status, failure } = state;
  if (failure !== null && !state.isFailureHidden) return renderFailure(document, failure, hasTree(state), actions);
  if (status.kind === 'beginning') {
    return element(
      document,
      'div',
      { class: 'placeholder loading', role: 'status' },
      element(document, 'span', { class: 'codicon codicon-loading codicon-modifier-spin', 'aria-hidden': 'true' }),
      element(document, 'p', {}, t('The labeling begins: the policy writes its first rollouts.')),
    );
  }
  if (status.kind === 'loading') {
    return element(
      document,
      'div',
      { class: 'placeholder loading', role: 'status' },
      element(document, 'span', { class: 'codicon codicon-loading codicon-modifier-spin', 'aria-hidden': 'true' }),
      element(document, 'p', {}, t('Reading the tree…')),
      button(document, { label: t('Cancel'), text: t('Cancel'), onClick: actions.cancel }),
    );
  }
  if (status.kind === 'cancelled') {
    return element(
      document,
      'div',
      { class: 'placeholder', role: 'status' },
      icon(document, 'circle-slash'),
      element(document, 'p', {}, t('Reading was cancelled.')),
      button(document, { label: t('Read the tree'), text: t('Read the tree'), icon: 'refresh', onClick: actions.retry }),
    );
  }
  if (status.kind === 'empty') {
    return element(
      document,
      'div',
      { class: 'placeholder', role: 'status' },
      icon(document, 'type-hierarchy-sub'),
      element(document, 'h2', {}, t('No reasoning to draw')),
      element(document, 'p', {}, status.message),
      button(document, { label: t('Try again'), text: t('Try again'), icon: 'refresh', onClick: actions.retry }),
    );
  }
  if (status.kind === 'failed') {
    return element(
      document,
      'div',
      { class: 'placeholder', role: 'alert' },
      icon(document, 'error'),
      element(document, 'h2', {}, t('The tree could not be loaded')),
      element(document, 'p', {}, status.message),
      button(document, { label: t('Try again'), text: t('Try again'), icon: 'refresh', appearance: 'primary', onClick: actions.retry }),
    );
  }
  return null;
}

/** A labeling that gave no labels: the cause, the reply that shows it, and what to do next. */
function renderFailure(
  document: Document,
  { message, url, status, reply }: PanelFailure,
  hasTree: boolean,
  actions: OverlayActions,
): HTMLElement {
  const box = element(
    document,
    'div',
    { class: 'placeholder failure', role: 'alert' },
    icon(document, 'error'),
    element(document, 'h2', {}, t('Labeling failed')),
    element(document, 'p', { class: 'cause' }, message),
  );
  if (reply !== undefined || url !== undefined) {
    const from =
      url === undefined
        ? t('First text of the model')
        : t('First reply{0}, {1}', status === undefined ? '' : t(': status {0}', status), url);
    box.append(
      element(
        document,
        'section',
        { class: 'reply', 'aria-label': t('First reply') },
        element(document, 'h3', {}, from),
        reply === undefined
          ? element(document, 'p', { class: 'hint' }, t('Nothing came back.'))
          : element(document, 'pre', { tabindex: '0', 'aria-label': t('Text of the reply') }, reply === '' ? t('(empty)') : reply),
      ),
    );
  }
  box.append(
    element(
      document,
      'p',
      { class: 'hint' },
      t('Nothing of it counts as a label. Once the cause is gone, Retry continues from what was sampled.'),
    ),
    element(
      document,
      'div',
      { class: 'actions' },
      ...(refusesKey(status)
        ? [
            button(document, {
              label: t('Set Server Key…'),
              text: t('Set Server Key…'),
              icon: 'key',
              onClick: actions.setServerKey,
            }),
          ]
        : []),
      button(document, {
        label: t('Retry the labeling'),
        text: t('Retry'),
        icon: 'refresh',
        appearance: 'primary',
        onClick: actions.retryLabeling,
      }),
      button(document, {
        label: t('Try the policy once'),
        text: t('Try the Policy Once'),
        icon: 'debug-start',
        onClick: actions.tryPolicy,
      }),
      button(document, { label: t('Show Log'), text: t('Show Log'), icon: 'output', onClick: actions.showLog }),
      ...(hasTree
        ? [button(document, { label: t('Show the tree so far'), text: t('Show the Tree'), onClick: () => actions.hideFailure(true) })]
        : []),
    ),
  );
  return box;
}

/** Whether the tree has more nodes than the problem. */
function hasTree({ model }: PanelState): boolean {
  return model !== null && model.nodes.length > 1;
}

/** Renders a one-line notice above the drawing with an action that resolves it; null if there is nothing to report. */
export function renderBanner(document: Document, state: PanelState, actions: OverlayActions): HTMLElement | null {
  const { model, staleMessage } = state;
  if (model === null) return null;
  const banner = (name: string, text: string, action?: HTMLElement) => {
    const host = element(document, 'div', { class: 'banner', role: 'status' }, icon(document, name), element(document, 'span', {}, text));
    if (action !== undefined) host.append(action);
    return host;
  };
  if (state.failure !== null)
    return banner(
      'error',
      t('Labeling failed: {0}', state.failure.message),
      button(document, { label: t('Show why the labeling failed'), text: t('Show why'), onClick: () => actions.hideFailure(false) }),
    );
  if (state.labeling?.waiting !== undefined) return banner('watch', state.labeling.waiting);
  if (staleMessage !== null)
    return banner(
      'warning',
      t('Not up to date: {0}', staleMessage),
      button(document, { label: t('Try again'), text: t('Try again'), onClick: actions.retry }),
    );
  if (!model.hasValues)
    return banner(
      'info',
      t('No step has a value yet.'),
      button(document, { label: t('Score the steps now'), text: t('Score now'), onClick: actions.score }),
    );
  if (model.nodes.length === 1)
    return banner('info', t('Only the problem: the search has not continued from it, or its steps could not be read (see Problems).'));
  if (state.root !== null)
    return banner(
      'list-tree',
      t('Only the subtree of: {0}', nodeWords(model, state.root, 80)),
      button(document, { label: t('Show the whole tree (s)'), text: t('Show all'), onClick: actions.showAll }),
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
    { class: 'help', role: 'dialog', 'aria-label': t('Keyboard'), tabindex: '-1' },
    element(
      document,
      'div',
      { class: 'help-head' },
      element(document, 'h2', {}, t('Keyboard')),
      button(document, { label: t('Close'), icon: 'close', onClick: actions.closeHelp }),
    ),
    element(document, 'dl', {}, ...rows),
    element(
      document,
      'p',
      { class: 'hint' },
      t('The wheel zooms about the pointer, with Shift it widens the columns; dragging pans; a double click goes to the file.'),
    ),
  );
}

/** Whether a server requires a key, or a different one. */
function refusesKey(status: number | undefined): boolean {
  return status === 401 || status === 403;
}
