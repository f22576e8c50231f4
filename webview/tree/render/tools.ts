import { t } from '../../../server/l10n.js';
import { button, setDisabled } from '../../shared/controls.js';
import { element } from '../../shared/element.js';
import type { PanelState } from '../state.js';

export interface ToolActions {
  readonly fit: () => void;
  readonly zoom: (direction: 1 | -1) => void;
  readonly foldAll: (isFolded: boolean) => void;
  readonly assumed: (hasAssumed: boolean) => void;
  readonly key: () => void;
  readonly replay: (isShown: boolean) => void;
}

export interface Tools {
  readonly host: HTMLElement;
  update(state: PanelState): void;
}

/** The tools over the drawing's lower edge, which change how the tree is shown. */
export function createTools(document: Document, actions: ToolActions): Tools {
  const both = <A extends readonly [string, string]>(icons: A, labels: readonly [string, string], act: (isOn: boolean) => void) => {
    const on = button(document, { label: labels[0], icon: icons[0], onClick: () => act(true) });
    const off = button(document, { label: labels[1], icon: icons[1], onClick: () => act(false) });
    const show = (isOn: boolean, isThere: boolean) => {
      const hadFocus = on.contains(document.activeElement) || off.contains(document.activeElement);
      on.hidden = isOn || !isThere;
      off.hidden = !isOn || !isThere;
      if (hadFocus && isThere) (isOn ? off : on).focus();
    };
    return { hosts: [on, off], show };
  };
  const assumed = both(['layers', 'layers-active'], [t('Show assumed nodes one by one'), t('Stack assumed nodes')], actions.assumed);
  const replay = both(['history', 'debug-stop'], [t('Replay the search'), t('End the replay')], actions.replay);
  const key = button(document, {
    label: t('Key: what colors and shapes mean'),
    icon: 'symbol-color',
    text: t('Key'),
    onClick: actions.key,
  });
  const host = element(
    document,
    'div',
    { class: 'tools', role: 'group', 'aria-label': t('View') },
    key,
    ...replay.hosts,
    ...assumed.hosts,
    button(document, { label: t('Fold all'), icon: 'collapse-all', onClick: () => actions.foldAll(true) }),
    button(document, { label: t('Unfold all'), icon: 'expand-all', onClick: () => actions.foldAll(false) }),
    button(document, { label: t('Zoom out (-)'), icon: 'zoom-out', onClick: () => actions.zoom(-1) }),
    button(document, { label: t('Zoom in (+)'), icon: 'zoom-in', onClick: () => actions.zoom(1) }),
    button(document, { label: t('Fit the tree (0)'), icon: 'screen-full', onClick: actions.fit }),
  );
  return {
    host,
    update({ model, replay: recorded, isReplayShown, hasAssumed, isKeyOpen }) {
      host.hidden = model === null;
      if (model === null) return;
      assumed.show(
        hasAssumed,
        model.whole.nodes.some((node) => node.assumed),
      );
      replay.show(isReplayShown, recorded !== null && recorded.frames.length > 0);
      key.setAttribute('aria-expanded', String(isKeyOpen));
      setDisabled(key, false);
    },
  };
}
