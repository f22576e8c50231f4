import { t } from '../../../server/l10n.js';
import { messageOf } from '../../../server/reasoning/errorText.js';
import { itemAt } from '../../../server/reasoning/present.js';
import type { Announce } from '../../shared/announce.js';
import type { Host } from '../../shared/rpc.js';
import type { ArgsOf } from '../../shared/wire.js';
import { landingNode, type ShownValues } from '../model/treeModel.js';
import { type PersistedState, readInitialView, type SentView, type TreeEvents, type TreeRequests } from '../protocol.js';
import type { PanelStore } from '../state.js';
import { modelAt, persisted, receiveModel, receiveReplay, showNode } from '../store.js';

export interface Requests {
  /** Asks for the tree: at the start, and on "Try again". */
  readonly open: () => void;
  /** Stops waiting for the tree. */
  readonly cancelOpen: () => void;
  readonly pickProblem: (problem: number, then?: () => void) => void;
  readonly pickValues: (shown: ShownValues) => void;
  readonly reveal: (target: { readonly node: number; readonly step?: number; readonly rollout?: number }, focus?: boolean) => void;
  /** Sends a request that has an empty answer. A failure is announced. */
  readonly send: <N extends keyof TreeRequests>(name: N, args: ArgsOf<TreeRequests[N]>) => void;
}

export interface RequestWorld {
  readonly store: PanelStore;
  readonly host: Host<TreeRequests, TreeEvents>;
  readonly announce: Announce;
  readonly restored: PersistedState | null;
}

/** Sends the panel's requests to its host, and handles the answers and the host's events. */
export function createRequests({ store, host, announce, restored }: RequestWorld): Requests {
  let pendingRestore = restored;
  let opening = new AbortController();
  const fail = (error: unknown) => announce(messageOf(error));
  const receive = (sent: SentView) => {
    const initial = readInitialView(sent);
    if (initial.view === null) {
      const message = initial.empty ?? t('Open a file of reasoning steps and show its tree from there.');
      const isBeginning = (initial.labeling ?? null) !== null;
      const status = isBeginning ? ({ kind: 'beginning' } as const) : ({ kind: 'empty', message } as const);
      store.update({ status, model: null, selected: null, ...receiveReplay(store.state, initial) });
      return;
    }
    const arrived = { ...store.state, ...receiveReplay(store.state, initial) };
    const model = modelAt(initial.view, arrived.replay, arrived.replayAt, arrived.shown);
    const next = receiveModel(arrived, model, initial.images, pendingRestore);
    pendingRestore = null;
    const before = store.state.model;
    const isNew = before === null || before.view.uri !== model.view.uri || before.view.problem !== model.view.problem;
    const selected = next.selected ?? (isNew ? landingNode(model) : null);
    const isLocked = initial.isLocked ?? next.isLocked;
    store.update({
      ...next,
      isLocked,
      selected,
      ...(selected !== null && { collapsed: showNode(next, selected).collapsed ?? next.collapsed }),
    });
  };
  const open = () => {
    if (store.state.model === null) store.update({ status: { kind: 'loading' } });
    opening.abort();
    const { signal } = (opening = new AbortController());
    host.call('open', { state: persisted(store.state) ?? pendingRestore }, signal).then(receive, (error: unknown) => {
      if (signal.aborted) return;
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
  askRollouts(store, host, fail);
  host.on('viewChanged', (sent) => {
    try {
      receive(sent);
    } catch (error) {
      store.update({ staleMessage: messageOf(error) });
    }
  });
  host.on('viewFailed', ({ message }) => store.update({ staleMessage: message }));
  host.on('nodeSelected', ({ problem, node, step }) => {
    const select = () => {
      if (store.state.model?.nodes[node] === undefined) return;
      store.update({ selected: node, selectedStep: step ?? null, rollouts: null, ...showNode(store.state, node) });
    };
    if (problem === store.state.model?.view.problem) select();
    else pickProblem(problem, select);
  });
  return {
    open,
    cancelOpen() {
      opening.abort();
      if (store.state.model === null) store.update({ status: { kind: 'cancelled' } });
    },
    pickProblem,
    pickValues(shown) {
      const { model, images, replay, replayAt } = store.state;
      if (model === null || shown === model.shown) return;
      store.update(receiveModel({ ...store.state, shown }, modelAt(model.whole, replay, replayAt, shown), images, null));
      announce(SHOWN_WORDS[shown]);
    },
    reveal: (target, focus = false) => void host.call('reveal', { ...target, focus }).catch(fail),
    send: (name, args) => void host.call(name, args).catch(fail),
  };
}

const SHOWN_WORDS: Readonly<Record<ShownValues, string>> = {
  labels: t('Labels of the file are shown'),
  model: t('Scores of the model are shown'),
  both: t('Differences between labels and model are shown'),
  rollouts: t('Where the rollouts went is shown'),
};

/** Requests the texts of the selected node's rollouts when the details show the node. */
function askRollouts(store: PanelStore, host: Host<TreeRequests, TreeEvents>, fail: (error: unknown) => void): void {
  let asked: { readonly node: number; readonly model: unknown } | null = null;
  store.subscribe(({ model, selected, rollouts, details, isDetailsShown }) => {
    if (model === null || selected === null || rollouts !== null || details !== 'node' || !isDetailsShown) return;
    if (itemAt(model.nodes, selected).rollouts.length === 0 || (asked?.node === selected && asked.model === model)) return;
    const own = (asked = { node: selected, model });
    host.call('rollouts', { node: selected }).then((list) => {
      if (own !== asked) return;
      asked = null;
      if (store.state.selected === own.node) store.update({ rollouts: { node: own.node, list } });
    }, fail);
  });
}
