import { button } from '../shared/controls.js';
import { element } from '../shared/element.js';
import type { ReviewActions } from './keys.js';
import type { ReviewState } from './protocol.js';

/** Where the reviewer is, and how the review works. */
export function reviewToolbar(document: Document, state: ReviewState, actions: ReviewActions): HTMLElement {
  const { at, count, judged, mode, blind, reviewer, reason, file } = state;
  const share = count === 0 ? 0 : judged / count;
  const bar = element(
    document,
    'span',
    { class: 'progress', role: 'img', 'aria-label': `${judged} of ${count} judged` },
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
      button(document, { label: 'Previous step (k)', icon: 'arrow-up', onClick: () => actions.go(-1) }),
      element(document, 'span', { class: 'position' }, count === 0 ? 'No steps' : `${at + 1} of ${count}`),
      button(document, { label: 'Next step (j)', icon: 'arrow-down', onClick: () => actions.go(1) }),
    ),
    bar,
    element(document, 'span', { class: 'quiet' }, `${judged} judged by ${reviewer}`),
    element(document, 'span', { class: 'quiet reason' }, reason === '' ? file : `${file}: ${reason}`),
    element(document, 'span', { class: 'spring' }),
    button(document, {
      label: 'Judge every step, or only as far as the first error (m)',
      text: mode === 'every-step' ? 'Every step' : 'First error',
      onClick: () => actions.toggleMode(),
    }),
    button(document, {
      label: blind ? 'Blind: values are hidden until you judge (b)' : 'Values shown (b)',
      icon: blind ? 'eye-closed' : 'eye',
      text: blind ? 'Blind' : 'Values shown',
      onClick: () => actions.toggleBlind(),
    }),
    button(document, { label: 'Undo the last judgment (u)', icon: 'discard', onClick: () => actions.undo() }),
    button(document, { label: 'Show the step in its file (o)', icon: 'go-to-file', onClick: () => actions.reveal() }),
  );
}
