import { t } from '../../../server/l10n.js';
import { button, picker, setDisabled } from '../../shared/controls.js';
import { element } from '../../shared/element.js';
import type { Store } from '../../shared/store.js';
import type { Actions } from '../actions.js';
import { factsOf, notesOf, selectionCurves, titleOf } from '../model.js';
import { type PageState, shownLine } from '../store.js';
import { type BestOfNView, createBestOfNView } from './bestOfNView.js';
import { createProcessView } from './processView.js';
import { fileName, renderBanner, renderPlaceholder } from './states.js';

/** Builds the page inside `host` and returns the function that draws a state. */
export function createPage(host: HTMLElement, store: Store<PageState>, actions: Actions): (state: PageState) => void {
  const document = host.ownerDocument;
  const toolbar = createToolbar(document, store, actions);
  const bestOfN = createBestOfN(document, store);
  const process = createProcessView(document, {
    pickThreshold: (threshold) => store.update({ threshold }),
    useThreshold: actions.useThreshold,
  });
  const title = element(document, 'h1', {});
  const facts = element(document, 'p', { class: 'quiet facts-line' });
  const notes = element(document, 'ul', { class: 'notes', 'aria-label': t('What was left out') });
  const head = element(document, 'header', {}, title, facts);
  const content = element(document, 'div', { class: 'evaluation-content' }, head, bestOfN.host, process.host, notes);
  const bannerSlot = element(document, 'div', { class: 'banner-slot' });
  const placeholderSlot = element(document, 'div', { class: 'placeholder-slot' });
  host.append(toolbar.host, bannerSlot, content, placeholderSlot);

  const ways = { again: () => actions.evaluate(), cancel: actions.cancel };
  let drawn: Pick<PageState, 'run' | 'result' | 'isOutdated'> | null = null;
  return (state) => {
    const line = shownLine(state);
    host.dataset['run'] = state.run.kind;
    host.dataset['shown'] = line?.kind ?? 'none';
    content.hidden = line === null;
    toolbar.update(state);
    if (drawn?.run !== state.run || drawn.result !== state.result || drawn.isOutdated !== state.isOutdated) {
      swap(bannerSlot, renderBanner(document, state, ways));
      swap(placeholderSlot, renderPlaceholder(document, state, ways));
      drawn = state;
    }
    if (line === null) return;
    title.textContent = `${titleOf(line)}: ${line.files.map(fileName).join(', ')}`;
    facts.textContent = factsOf(line);
    notes.replaceChildren(...notesOf(line).map((note) => element(document, 'li', {}, note)));
    bestOfN.host.hidden = line.kind !== 'bestOfN';
    process.host.hidden = line.kind === 'bestOfN';
    if (line.kind === 'bestOfN') bestOfN.update(line, state);
    else process.update(line, state);
  };
}

interface Toolbar {
  readonly host: HTMLElement;
  readonly update: (state: PageState) => void;
}

function createToolbar(document: Document, store: Store<PageState>, actions: Actions): Toolbar {
  const kinds = picker(document, t('Kind of file'), (shown) => store.update({ shown }));
  const again = button(document, { label: t('Evaluate again'), icon: 'refresh', onClick: () => actions.evaluate() });
  const rescore = button(document, {
    label: t('Score with the model, also where the file holds scores'),
    text: t('Score with the model'),
    icon: 'play',
    onClick: () => actions.evaluate(true),
  });
  const copy = button(document, { label: t('Copy table as Markdown'), text: t('Copy table'), icon: 'copy', onClick: actions.copy });
  const save = button(document, { label: t('Save JSON… of all numbers'), text: t('Save JSON…'), icon: 'save', onClick: actions.save });
  const group = element(document, 'div', { class: 'group kinds' }, kinds.host);
  const spring = element(document, 'span', { class: 'spring' });
  const attributes = { class: 'toolbar', role: 'toolbar', 'aria-label': t('Evaluation') };
  const host = element(document, 'div', attributes, group, spring, again, rescore, copy, save);
  return {
    host,
    update(state) {
      const line = shownLine(state);
      const lines = state.result?.lines ?? [];
      host.hidden = line === null;
      kinds.host.hidden = lines.length < 2;
      setDisabled(again, state.run.kind === 'running');
      setDisabled(rescore, state.run.kind === 'running');
      if (line === null) return;
      rescore.hidden = line.scores.recorded === 0;
      kinds.show(
        lines.map((one, value) => ({ value, label: `${titleOf(one)}: ${one.files.map(fileName).join(', ')}` })),
        state.shown,
      );
    },
  };
}

function createBestOfN(document: Document, store: Store<PageState>): BestOfNView {
  return createBestOfNView(document, {
    toggle(id) {
      const hidden = new Set(store.state.hidden);
      if (!hidden.delete(id)) hidden.add(id);
      store.update({ hidden });
    },
    showAll(isShown) {
      const line = shownLine(store.state);
      if (line?.kind === 'bestOfN') store.update({ hidden: new Set(isShown ? [] : selectionCurves(line).map(({ id }) => id)) });
    },
    emphasize: (emphasized) => store.update({ emphasized: emphasized !== null && store.state.hidden.has(emphasized) ? null : emphasized }),
    pickSize: (size) => store.update({ size }),
  });
}

/** Replaces the content of a slot. If the focus was inside, it moves to the first new button. */
function swap(slot: HTMLElement, content: HTMLElement | null): void {
  const hadFocus = slot.contains(slot.ownerDocument.activeElement);
  slot.replaceChildren(...(content === null ? [] : [content]));
  if (hadFocus) slot.querySelector<HTMLElement>('vscode-button')?.focus();
}
