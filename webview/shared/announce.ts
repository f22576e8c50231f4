import { element } from './element.js';

/** Says a sentence to screen readers, politely; the last one wins. */
export type Announce = (sentence: string) => void;

export function createAnnouncer(parent: HTMLElement): Announce {
  const region = element(parent.ownerDocument, 'div', { class: 'visually-hidden', role: 'status', 'aria-live': 'polite' });
  parent.append(region);
  return (sentence) => {
    region.textContent = sentence;
  };
}
