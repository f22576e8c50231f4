import { element } from '../../shared/element.js';

/** A part of a pane under its heading. */
export function section(document: Document, title: string, ...content: readonly HTMLElement[]): HTMLElement {
  return element(document, 'section', { class: 'pane-section' }, element(document, 'h2', {}, title), ...content);
}
