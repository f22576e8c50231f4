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

/** A codicon, silent to screen readers. */
export function icon(document: Document, name: string): HTMLElement {
  return element(document, 'span', { class: `codicon codicon-${name}`, 'aria-hidden': 'true' });
}
