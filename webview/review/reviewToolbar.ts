import { t } from '../../server/l10n.js';
import { button } from '../shared/controls.js';
import { element } from '../shared/element.js';
import type { ReviewActions } from './keys.js';
import type { ReviewState } from './protocol.js';

/** Position and progress in the queue, and the modes of the review. */
export function reviewToolbar(document: Document, state: ReviewState, actions: ReviewActions): HTMLElement {
  const { at, count, judged, mode, blind, reviewer, reason, file } = state;
  const share = count === 0 ? 0 : judged / count;
  const bar = element(
    document,
    'span',
    { class: 'progress', role: 'img', 'aria-label': t('{0} of {1} judged', judged, count) },
    element(document, 'span', { class: 'done' }),
  );
  bar.style.setProperty('--sl-done', `${(share * 100).toFixed(1)}%`);
  return element(
    document,
    'header',
    { class: 'toolbar' },
    element(
      document,
      'span',
      { class: 'group' },
      button(document, { label: t('Previous step (k)'), icon: 'arrow-up', onClick: () => actions.go(-1) }),
      element(document, 'span', { class: 'position' }, count === 0 ? t('No steps') : t('{0} of {1}', at + 1, count)),
      button(document, { label: t('Next step (j)'), icon: 'arrow-down', onClick: () => actions.go(1) }),
    ),
    bar,
    element(document, 'span', { class: 'quiet' }, t('{0} judged by {1}', judged, reviewer)),
    element(document, 'span', { class: 'quiet reason' }, reason === '' ? file : `${file}: ${reason}`),
    element(document, 'span', { class: 'spring' }),
    button(document, {
      label: t('Judge every step, or only as far as the first error (m)'),
      text: mode === 'every-step' ? t('Every step') : t('First error'),
      onClick: () => actions.toggleMode(),
    }),
    button(document, {
      label: blind ? t('Blind: values are hidden until you judge (b)') : t('Values shown (b)'),
      icon: blind ? 'eye-closed' : 'eye',
      text: blind ? t('Blind') : t('Values shown'),
      onClick: () => actions.toggleBlind(),
    }),
    button(document, { label: t('Undo the last judgment (u)'), icon: 'discard', onClick: () => actions.undo() }),
    button(document, { label: t('Show the step in its file (o)'), icon: 'go-to-file', onClick: () => actions.reveal() }),
  );
}
