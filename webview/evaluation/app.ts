import { createAnnouncer } from '../shared/announce.js';
import { button, picker, setDisabled } from '../shared/controls.js';
import { element } from '../shared/element.js';
import type { Host } from '../shared/rpc.js';
import { formatValue } from '../shared/valueScale.js';
import { factsOf, markdownTable, notesOf, selectionCurves, titleOf } from './model.js';
import type { EvaluationEvents, EvaluationRequests, EvaluationState } from './protocol.js';
import { createBestOfNView } from './render/bestOfNView.js';
import { createProcessView } from './render/processView.js';
import { fileName, renderBanner, renderPlaceholder } from './render/states.js';
import { initialState, type PageState, persistedState, shownLine, shownSize } from './store.js';

export interface EvaluationWorld {
  readonly document: Document;
  readonly host: Host<EvaluationRequests, EvaluationEvents>;
  readonly restored: EvaluationState | null;
  readonly save: (state: EvaluationState) => void;
}

/** Builds the evaluation page, wires state, views and host, and asks for the evaluation. */
export function startEvaluation({ document, host, restored, save }: EvaluationWorld): void {
  let state = initialState(restored);
  let abort: AbortController | null = null;
  const update = (change: Partial<PageState>) => {
    state = { ...state, ...change };
    const kept = persistedState(state);
    if (kept !== null) save(kept);
    render();
  };

  // --- actions -----------------------------------------------------------------------------------------------------
  const fail = (error: unknown) => announce(messageOf(error));
  const evaluate = (rescore = state.rescore) => {
    abort?.abort();
    const own = (abort = new AbortController());
    update({ run: { kind: 'running', progress: null }, rescore });
    announce('Evaluating');
    host.call('evaluate', { rescore }, own.signal).then(
      (result) => {
        if (own !== abort) return;
        update({
          result,
          run: { kind: 'idle' },
          isOutdated: false,
          threshold: null,
          shown: Math.min(state.shown, Math.max(0, result.lines.length - 1)),
        });
        const line = shownLine(state);
        announce(line === null ? 'Nothing to evaluate' : `${titleOf(line)}: ${factsOf(line)}`);
      },
      (error: unknown) => {
        // One that was replaced by a newer one has nothing to say.
        if (own !== abort) return;
        update({ run: own.signal.aborted ? { kind: 'cancelled' } : { kind: 'failed', message: messageOf(error) } });
      },
    );
  };
  const again = () => evaluate();
  const cancel = () => abort?.abort();
  const copy = () => {
    const line = shownLine(state);
    if (line === null) return;
    const text = markdownTable(line, line.kind === 'bestOfN' ? shownSize(state, line.sizes) : 0);
    host.call('copy', { text }).then(() => announce('The table was copied as Markdown'), fail);
  };

  // --- views -------------------------------------------------------------------------------------------------------
  const page = element(document, 'main', { class: 'evaluation-page' });
  const announce = createAnnouncer(page);
  const kinds = picker(document, 'Kind of file', (shown) => update({ shown }));
  const title = element(document, 'h1', {});
  const facts = element(document, 'p', { class: 'quiet facts-line' });
  const actions = {
    again: button(document, { label: 'Evaluate again', icon: 'refresh', onClick: again }),
    rescore: button(document, {
      label: 'Score with the model, also where the file holds scores',
      text: 'Score with the model',
      icon: 'play',
      onClick: () => evaluate(true),
    }),
    copy: button(document, { label: 'Copy table as Markdown', text: 'Copy table', icon: 'copy', onClick: copy }),
    save: button(document, {
      label: 'Save JSON… of all numbers',
      text: 'Save JSON…',
      icon: 'save',
      onClick: () => void host.call('saveJson', { index: state.shown }).catch(fail),
    }),
  };
  const toolbar = element(
    document,
    'div',
    { class: 'toolbar', role: 'toolbar', 'aria-label': 'Evaluation' },
    element(document, 'div', { class: 'group kinds' }, kinds.host),
    element(document, 'span', { class: 'spring' }),
    ...Object.values(actions),
  );
  const bannerSlot = element(document, 'div', { class: 'banner-slot' });
  const notes = element(document, 'ul', { class: 'notes', 'aria-label': 'What was left out' });
  const bestOfN = createBestOfNView(document, {
    toggle(id) {
      const hidden = new Set(state.hidden);
      if (!hidden.delete(id)) hidden.add(id);
      update({ hidden });
    },
    showAll(isShown) {
      const line = shownLine(state);
      if (line?.kind === 'bestOfN') update({ hidden: new Set(isShown ? [] : selectionCurves(line).map(({ id }) => id)) });
    },
    emphasise: (emphasised) => update({ emphasised: emphasised !== null && state.hidden.has(emphasised) ? null : emphasised }),
    pickSize: (size) => update({ size }),
  });
  const process = createProcessView(document, {
    pickThreshold: (threshold) => update({ threshold }),
    useThreshold(threshold) {
      host.call('useThreshold', { threshold }).then(() => announce(`The threshold is ${formatValue(threshold)} now`), fail);
    },
  });
  const head = element(document, 'header', {}, title, facts);
  const content = element(document, 'div', { class: 'evaluation-content' }, head, bestOfN.host, process.host, notes);
  const placeholderSlot = element(document, 'div', { class: 'placeholder-slot' });
  page.append(toolbar, bannerSlot, content, placeholderSlot);
  document.body.append(page);

  // --- state -> views ----------------------------------------------------------------------------------------------
  let drawn: { readonly run: PageState['run']; readonly result: PageState['result']; readonly isOutdated: boolean } | null = null;
  const render = () => {
    const line = shownLine(state);
    page.dataset['run'] = state.run.kind;
    page.dataset['shown'] = line?.kind ?? 'none';
    toolbar.hidden = content.hidden = line === null;
    kinds.host.hidden = (state.result?.lines.length ?? 0) < 2;
    setDisabled(actions.again, state.run.kind === 'running');
    setDisabled(actions.rescore, state.run.kind === 'running');
    if (drawn?.run !== state.run || drawn.result !== state.result || drawn.isOutdated !== state.isOutdated) {
      const stateActions = { again, cancel };
      swap(bannerSlot, renderBanner(document, state, stateActions));
      swap(placeholderSlot, renderPlaceholder(document, state, stateActions));
      drawn = state;
    }
    if (line === null || state.result === null) return;
    kinds.show(
      state.result.lines.map((one, value) => ({ value, label: `${titleOf(one)}: ${one.files.map(fileName).join(', ')}` })),
      state.shown,
    );
    actions.rescore.hidden = line.scores.recorded === 0;
    title.textContent = `${titleOf(line)}: ${line.files.map(fileName).join(', ')}`;
    facts.textContent = factsOf(line);
    notes.replaceChildren(...notesOf(line).map((note) => element(document, 'li', {}, note)));
    bestOfN.host.hidden = line.kind !== 'bestOfN';
    process.host.hidden = line.kind === 'bestOfN';
    if (line.kind === 'bestOfN') bestOfN.update(line, state);
    else process.update(line, state);
  };

  host.on('progress', (progress) => {
    if (state.run.kind === 'running') update({ run: { kind: 'running', progress } });
  });
  host.on('outdated', ({ cause }) => {
    // The scores are there already: another threshold costs no model run.
    if (cause === 'threshold') evaluate();
    else if (state.run.kind !== 'running') update({ isOutdated: true });
  });
  evaluate();
}

/** Replaces what a slot holds; a button that had the focus gives it to the one in its place. */
function swap(slot: HTMLElement, content: HTMLElement | null): void {
  const hadFocus = slot.contains(slot.ownerDocument.activeElement);
  slot.replaceChildren(...(content === null ? [] : [content]));
  if (hadFocus) slot.querySelector<HTMLElement>('vscode-button')?.focus();
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
