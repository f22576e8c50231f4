import { t } from '../../server/l10n.js';
import type { ReviewStep } from '../../server/protocol/review.js';
import { button } from '../shared/controls.js';
import { element } from '../shared/element.js';
import { typeset } from '../shared/math.js';
import { judgmentOf, judgments, kindKeys, type ReviewActions } from './keys.js';
import type { ReviewState } from './protocol.js';

export interface StepPaneActions extends ReviewActions {
  readonly kind: string;
  readonly comment: string;
  setComment(text: string): void;
}

/** The question, the prefix, the step in focus with its judgment, and what follows it. */
export function stepPane(document: Document, state: ReviewState, step: ReviewStep, actions: StepPaneActions): HTMLElement {
  const pane = element(document, 'section', { class: 'step-pane', 'aria-label': t('Step') });
  pane.append(
    element(document, 'div', { class: 'question', role: 'region', 'aria-label': t('Question') }, typeset(document, step.question)),
    ...state.images.map((uri, i) => element(document, 'img', { class: 'figure', src: uri, alt: t('Figure {0} of the problem', i + 1) })),
    ...(step.answer === undefined ? [] : [element(document, 'p', { class: 'quiet' }, t('Reference answer: {0}', step.answer))]),
    steps(document, t('Steps before'), 'before', step.prefix, 1),
    focus(document, state, step, actions),
    steps(document, t('Steps after'), 'after', step.rest, step.number + 1),
  );
  return pane;
}

function steps(document: Document, label: string, className: string, texts: readonly string[], from: number): HTMLElement {
  const list = element(document, 'ol', { class: `steps ${className}`, start: String(from), 'aria-label': label });
  for (const text of texts) list.append(element(document, 'li', {}, typeset(document, text)));
  return list;
}

function focus(document: Document, state: ReviewState, step: ReviewStep, actions: StepPaneActions): HTMLElement {
  const { own, stale } = step;
  const comment = element(document, 'textarea', {
    class: 'comment',
    rows: '2',
    placeholder: t('Comment (c)'),
    'aria-label': t('Comment'),
  }) as HTMLTextAreaElement;
  comment.value = actions.comment;
  comment.addEventListener('input', () => actions.setComment(comment.value));
  const verdict = own
    ? element(
        document,
        'p',
        { class: `own ${judgmentOf(own.value)}` },
        t('You said: {0}{1}', judgmentOf(own.value), own.kind ? `, ${own.kind}` : ''),
      )
    : '';
  const old = stale
    ? element(document, 'p', { class: 'stale' }, t('{0} judged an older text of this step: {1}', stale.by, judgmentOf(stale.value)))
    : '';
  const judge = judgments.map(({ value, key, name, icon }) =>
    button(document, {
      label: `${key} ${name}`,
      icon,
      text: `${key} ${name}`,
      appearance: own?.value === value ? 'primary' : 'secondary',
      className: `judge ${name}`,
      onClick: () => actions.judge(value),
    }),
  );
  const kinds = state.kinds.map((kind, i) =>
    button(document, {
      label: t('Kind of error: {0}', kindKeys[i] === undefined ? kind : `${kindKeys[i]} ${kind}`),
      text: kindKeys[i] === undefined ? kind : `${kindKeys[i]} ${kind}`,
      appearance: actions.kind === kind ? 'primary' : 'secondary',
      className: 'kind',
      onClick: () => actions.setKind(kind),
    }),
  );
  return element(
    document,
    'article',
    { class: 'focus', 'aria-label': t('Step {0}', step.number) },
    element(document, 'h2', {}, t('Step {0}', step.number)),
    element(document, 'div', { class: 'text' }, typeset(document, step.text)),
    verdict,
    old,
    element(document, 'div', { class: 'judgments', role: 'group', 'aria-label': t('Judgment') }, ...judge),
    element(document, 'div', { class: 'kinds', role: 'group', 'aria-label': t('Kind of error') }, ...kinds),
    comment,
  );
}
