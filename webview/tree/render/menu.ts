import { element, windowOf } from '../../shared/element.js';

export interface MenuItem {
  readonly label: string;
  /** Keys that do the same. */
  readonly keys?: string;
  readonly run: () => void;
}

/** A menu over the page. Opens at a point; the arrow keys walk it; Escape, a click outside or a choice closes it. */
export interface Menu {
  readonly host: HTMLElement;
  /** `null` separates groups. */
  open(label: string, items: readonly (MenuItem | null)[], x: number, y: number): void;
  close(): void;
}

export function createMenu(document: Document, onClose: () => void): Menu {
  const window = windowOf(document);
  const host = element(document, 'div', { class: 'menu', role: 'menu', tabindex: '-1' });
  host.hidden = true;
  const close = () => {
    if (host.hidden) return;
    host.hidden = true;
    onClose();
  };
  const entries = () => [...host.querySelectorAll<HTMLElement>('[role=menuitem]')];
  const focusOn = (at: number) => {
    const all = entries();
    all[(at + all.length) % all.length]?.focus();
  };
  host.addEventListener('keydown', (event) => {
    const at = entries().indexOf(document.activeElement as HTMLElement);
    const act = {
      ArrowDown: () => focusOn(at + 1),
      ArrowUp: () => focusOn(at - 1),
      Home: () => focusOn(0),
      End: () => focusOn(-1),
      Escape: close,
      Tab: close,
    }[event.key];
    if (act === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  });
  document.addEventListener('pointerdown', (event) => {
    if (!host.contains(event.target as Node)) close();
  });
  window.addEventListener('blur', close);
  return {
    host,
    close,
    open(label, items, x, y) {
      host.setAttribute('aria-label', label);
      host.replaceChildren(
        ...items.map((item) =>
          item === null ? element(document, 'div', { class: 'menu-line', role: 'separator' }) : entry(document, item, close),
        ),
      );
      host.hidden = false;
      host.style.left = `${Math.max(4, Math.min(x, window.innerWidth - host.offsetWidth - 4))}px`;
      host.style.top = `${Math.max(4, Math.min(y, window.innerHeight - host.offsetHeight - 4))}px`;
      focusOn(0);
    },
  };
}

function entry(document: Document, { label, keys, run }: MenuItem, close: () => void): HTMLElement {
  const host = element(document, 'button', { type: 'button', role: 'menuitem', tabindex: '-1' }, element(document, 'span', {}, label));
  if (keys !== undefined) host.append(element(document, 'kbd', {}, keys));
  host.addEventListener('click', () => {
    close();
    run();
  });
  return host;
}
