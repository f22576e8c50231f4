import { element } from './element.js';

/** Announces a sentence to screen readers (`aria-live=polite`). A new sentence replaces the one before. */
export type Announce = (sentence: string) => void;

export function createAnnouncer(parent: HTMLElement): Announce {
  const region = element(parent.ownerDocument, 'div', { class: 'visually-hidden', role: 'status', 'aria-live': 'polite' });
  parent.append(region);
  return (sentence) => {
    region.textContent = sentence;
  };
}
