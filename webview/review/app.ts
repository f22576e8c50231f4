import { t } from '../../server/l10n.js';
import type { LabelValue } from '../../server/protocol/review.js';
import { messageOf } from '../../server/reasoning/errorText.js';
import { createAnnouncer } from '../shared/announce.js';
import { element } from '../shared/element.js';
import type { Host } from '../shared/rpc.js';
import { evidencePane } from './evidencePane.js';
import { judgmentOf, keyAction } from './keys.js';
import type { ReviewEvents, ReviewRequests, ReviewState } from './protocol.js';
import { reviewToolbar } from './reviewToolbar.js';
import { stepPane } from './stepPane.js';

/** The review page: the step in focus with its prefix on one side, the evidence on the other, judgments by key or button. */
export async function startReview(document: Document, host: Host<ReviewRequests, ReviewEvents>): Promise<void> {
  const root = element(document, 'main', { class: 'review-page', 'aria-label': t('Review of steps') });
  document.body.append(root);
  const announce = createAnnouncer(document.body);
  let state: ReviewState | undefined;
  let [kind, comment] = ['', ''];
  let shown = '';

  const report = (error: unknown): void => announce(messageOf(error));
  const actions = {
    judge(value: LabelValue): void {
      host.call('judge', { value, kind: value === -1 ? kind : '', comment }).catch(report);
    },
    undo: (): void => void host.call('undo', {}).catch(report),
    go(by: number): void {
      if (state) host.call('go', { to: state.at + by }).catch(report);
    },
    toggleBlind(): void {
      if (state) host.call('blind', { blind: !state.blind }).catch(report);
    },
    toggleMode(): void {
      if (state) host.call('mode', { mode: state.mode === 'every-step' ? 'first-error' : 'every-step' }).catch(report);
    },
    reveal: (): void => void host.call('reveal', {}).catch(report),
    setKind(next: string): void {
      kind = kind === next ? '' : next;
      draw();
    },
    setComment(next: string): void {
      comment = next;
    },
    focusComment: (): void => root.querySelector<HTMLElement>('.comment')?.focus(),
  };

  function draw(): void {
    if (!state) return;
    const { step } = state;
    const key = step ? `${step.uri} ${step.problem} ${step.step}` : '';
    if (key !== shown) [kind, comment, shown] = [step?.own?.kind ?? '', step?.own?.comment ?? '', key];
    const body = step
      ? [stepPane(document, state, step, { kind, comment, ...actions }), evidencePane(document, step, state.threshold)]
      : [element(document, 'p', { class: 'empty' }, state.message)];
    const heading = element(document, 'h1', { class: 'visually-hidden' }, t('Review of steps'));
    root.replaceChildren(heading, reviewToolbar(document, state, actions), element(document, 'div', { class: 'review-body' }, ...body));
    const { own } = step ?? { own: null };
    announce(
      step
        ? t(
            'Step {0}, {1} of {2}{3}: {4}',
            step.number,
            state.at + 1,
            state.count,
            own ? t(', judged {0}', judgmentOf(own.value)) : '',
            step.text,
          )
        : state.message,
    );
  }

  document.addEventListener('keydown', (event) => {
    const action = keyAction(event);
    if (action === undefined) return;
    event.preventDefault();
    action(actions, state?.kinds ?? []);
  });
  host.on('state', (next) => {
    state = next;
    draw();
  });
  state = await host.call('state', {});
  draw();
}
