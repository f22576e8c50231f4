import { createAnnouncer } from '../shared/announce.js';
import { element } from '../shared/element.js';
import type { Host } from '../shared/rpc.js';
import { createStore } from '../shared/store.js';
import { createActions } from './actions.js';
import type { EvaluationEvents, EvaluationRequests, EvaluationState } from './protocol.js';
import { createPage } from './render/page.js';
import { initialState, type PageState, persistedState } from './store.js';

export interface EvaluationPageWorld {
  readonly document: Document;
  readonly host: Host<EvaluationRequests, EvaluationEvents>;
  readonly restored: EvaluationState | null;
  readonly save: (state: EvaluationState) => void;
}

/** Builds the evaluation page, wires state, views and host, and asks for the evaluation. */
export function startEvaluation({ document, host, restored, save }: EvaluationPageWorld): void {
  const page = element(document, 'main', { class: 'evaluation-page' });
  const announce = createAnnouncer(page);
  const store = createStore<PageState>(initialState(restored));
  const actions = createActions(store, host, announce);
  const render = createPage(page, store, actions);
  document.body.append(page);
  store.subscribe((state) => {
    const kept = persistedState(state);
    if (kept !== null) save(kept);
    render(state);
  });
  host.on('progress', (progress) => {
    if (store.state.run.kind === 'running') store.update({ run: { kind: 'running', progress } });
  });
  host.on('outdated', ({ cause }) => {
    // The steps are scored already, so another threshold costs no model run.
    if (cause === 'threshold') actions.evaluate();
    else if (store.state.run.kind !== 'running') store.update({ isOutdated: true });
  });
  actions.evaluate();
}
