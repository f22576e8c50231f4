import { t } from '../../server/l10n.js';
import { element } from './element.js';

const LEAST = 0.15;
const MOST = 0.75;
const KEY_STEP = 0.03;

export interface Splitter {
  readonly host: HTMLElement;
  update(split: number, isWide: boolean): void;
}

/** The bar between drawing and details: dragged, or moved with the arrow keys. `split` is the details' share. */
export function createSplitter(document: Document, container: HTMLElement, onSplit: (split: number) => void): Splitter {
  const host = element(document, 'div', {
    class: 'splitter',
    role: 'separator',
    tabindex: '0',
    'aria-label': t('Size of the details'),
    'aria-valuemin': String(LEAST * 100),
    'aria-valuemax': String(MOST * 100),
  });
  let isWide = true;
  let split = 0;
  const set = (share: number) => onSplit(Math.max(LEAST, Math.min(MOST, share)));
  host.addEventListener('pointerdown', (event) => {
    event.preventDefault();
    host.focus();
    host.setPointerCapture(event.pointerId);
  });
  host.addEventListener('pointermove', (event) => {
    if (!host.hasPointerCapture(event.pointerId)) return;
    const box = container.getBoundingClientRect();
    set(isWide ? (box.right - event.clientX) / box.width : (box.bottom - event.clientY) / box.height);
  });
  host.addEventListener('keydown', (event) => {
    const step = { ArrowLeft: 1, ArrowUp: 1, ArrowRight: -1, ArrowDown: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    set(split + step * KEY_STEP);
  });
  return {
    host,
    update(share, wide) {
      [split, isWide] = [share, wide];
      host.setAttribute('aria-orientation', wide ? 'vertical' : 'horizontal');
      host.setAttribute('aria-valuenow', String(Math.round(share * 100)));
      container.style.setProperty('--sl-split', `${(share * 100).toFixed(2)}%`);
    },
  };
}
