import katex from 'katex';
import { element } from './element.js';
import { mathSegments } from './mathSegments.js';

/** Texts of more characters are shown without typesetting: one step of 20 kB would block the panel for seconds. */
const MATH_LIMIT = 20_000;

/**
 * A step's text with its formulas typeset. KaTeX builds nodes and sets their styles through the CSSOM, which a CSP without
 * `unsafe-inline` allows; its HTML string would lose them. A formula that KaTeX cannot read stays as written and is
 * marked, with the cause. A formula is drawn inside its own box (`.math`, `math.css`): raised, kerned or stretched parts
 * are cut off at its edges and cannot cover the text around it.
 */
export function typeset(document: Document, text: string): DocumentFragment {
  const fragment = document.createDocumentFragment();
  if (text.length > MATH_LIMIT) {
    fragment.append(text);
    return fragment;
  }
  for (const segment of mathSegments(text)) {
    if (segment.kind === 'text') {
      fragment.append(segment.text);
      continue;
    }
    const host = element(document, 'span', { class: segment.kind === 'display' ? 'math math-display' : 'math' });
    try {
      katex.render(segment.text, host, {
        displayMode: segment.kind === 'display',
        throwOnError: true,
        trust: false,
        strict: 'ignore',
        maxExpand: 500,
        maxSize: 20,
      });
    } catch (error) {
      host.replaceChildren(segment.text);
      host.className = 'math math-error';
      host.title = error instanceof Error ? error.message : String(error);
    }
    fragment.append(host);
  }
  return fragment;
}
