/** A DOM element with attributes (empty ones left out) and children; text is text, never markup. */
export function element(
  document: Document,
  tag: string,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly (Node | string)[]
): HTMLElement {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== '') node.setAttribute(name, value);
  node.append(...children);
  return node;
}

export function svgElement(
  document: Document,
  tag: string,
  attributes: Readonly<Record<string, string | number>> = {},
  text = '',
): SVGElement {
  const node = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== '') node.setAttribute(name, String(value));
  if (text !== '') node.textContent = text;
  return node;
}

/** A codicon, hidden from screen readers. */
export function icon(document: Document, name: string): HTMLElement {
  return element(document, 'span', { class: `codicon codicon-${name}`, 'aria-hidden': 'true' });
}

/** The window that shows a document. @throws for a document without a window */
export function windowOf(document: Document): Window & typeof globalThis {
  if (document.defaultView === null) throw new Error('No window shows the document.');
  return document.defaultView;
}

/** @throws where the browser cannot draw on a canvas */
export function drawingContext(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('The browser cannot draw on a canvas.');
  return context;
}
