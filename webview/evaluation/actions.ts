import { t } from '../../server/l10n.js';
import { messageOf } from '../../server/reasoning/errorText.js';
import type { Announce } from '../shared/announce.js';
import type { Host } from '../shared/rpc.js';
import type { Store } from '../shared/store.js';
import { formatValue } from '../shared/valueScale.js';
import { factsOf, markdownTable, titleOf } from './model.js';
import type { EvaluationEvents, EvaluationRequests } from './protocol.js';
import { type PageState, shownLine, shownSize } from './store.js';

/** Requests of the page to its host. A failure is announced or becomes a state of the page. */
export interface Actions {
  /** Evaluates the files. Replaces an evaluation that is still running. */
  readonly evaluate: (rescore?: boolean) => void;
  readonly cancel: () => void;
  readonly copy: () => void;
  readonly save: () => void;
  readonly useThreshold: (threshold: number) => void;
}

export function createActions(store: Store<PageState>, host: Host<EvaluationRequests, EvaluationEvents>, announce: Announce): Actions {
  let running: AbortController | null = null;
  const fail = (error: unknown) => announce(messageOf(error));
  return {
    evaluate(rescore = store.state.rescore) {
      running?.abort();
      const own = (running = new AbortController());
      store.update({ run: { kind: 'running', progress: null }, rescore });
      announce(t('Evaluating'));
      host.call('evaluate', { rescore }, own.signal).then(
        (result) => {
          if (own !== running) return;
          const shown = Math.min(store.state.shown, Math.max(0, result.lines.length - 1));
          store.update({ result, run: { kind: 'idle' }, isOutdated: false, threshold: null, shown });
          const line = shownLine(store.state);
          announce(line === null ? t('Nothing to evaluate') : `${titleOf(line)}: ${factsOf(line)}`);
        },
        (error: unknown) => {
          // The failure of an evaluation that a newer one replaced is ignored.
          if (own !== running) return;
          store.update({ run: own.signal.aborted ? { kind: 'cancelled' } : { kind: 'failed', message: messageOf(error) } });
        },
      );
    },
    cancel: () => running?.abort(),
    copy() {
      const line = shownLine(store.state);
      if (line === null) return;
      const text = markdownTable(line, line.kind === 'bestOfN' ? shownSize(store.state, line.sizes) : 0);
      host.call('copy', { text }).then(() => announce(t('The table was copied as Markdown')), fail);
    },
    save: () => void host.call('saveJson', { index: store.state.shown }).catch(fail),
    useThreshold(threshold) {
      host.call('useThreshold', { threshold }).then(() => announce(t('The threshold is {0} now', formatValue(threshold))), fail);
    },
  };
}
