import { finalAnswer } from '../reasoning/finalAnswer.js';

const CHARACTERS: Readonly<Record<string, string>> = {
  '−': '-',
  '–': '-',
  '—': '-',
  '×': '\\times ',
  '÷': '\\div ',
  '·': '\\cdot ',
  '⋅': '\\cdot ',
  π: '\\pi ',
  '°': '°',
  '∞': '\\infty ',
  '≤': '\\le ',
  '≥': '\\ge ',
  '⩽': '\\le ',
  '⩾': '\\ge ',
  '≠': '\\ne ',
  '∪': '\\cup ',
  '∈': '\\in ',
  '∅': '\\emptyset ',
  '±': '\\pm ',
  '½': ' \\frac{1}{2}',
  '¼': ' \\frac{1}{4}',
  '¾': ' \\frac{3}{4}',
  '⅓': ' \\frac{1}{3}',
  '⅔': ' \\frac{2}{3}',
  '⅕': ' \\frac{1}{5}',
  '⅛': ' \\frac{1}{8}',
  '“': '',
  '”': '',
  '"': '',
  '，': ',',
  '（': '(',
  '）': ')',
  '：': ':',
  '％': '%',
  '＝': '=',
  '＜': '<',
  '＞': '>',
  '∶': ':',
};
const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/**
 * A final answer in one spelling: out of `\boxed{}`, `$..$` and `\text{}`, without `\left`, spacing commands and a final full
 * stop, Unicode signs as LaTeX, `\dfrac12` as `\frac{1}{2}`. Says nothing about what it means.
 */
export function answerText(raw: string): string {
  let text = /\\boxed|<answer>/.test(raw) ? (finalAnswer(raw) ?? raw) : raw;
  text = text.replace(
    /[^\u0020-\u007e]/g,
    (c) => CHARACTERS[c] ?? (SUPERSCRIPTS.includes(c) ? `^{${SUPERSCRIPTS.indexOf(c)}}` : /\s/.test(c) ? ' ' : c),
  );
  text = text.replace(/√\s*(\d+|\w|\([^()]*\))/g, (_, of: string) => `\\sqrt{${of.replace(/^\((.*)\)$/, '$1')}}`).replace(/"/g, '');
  text = text.replace(/\\(?:text|textbf|textit|textrm|mathrm|mathbf|mathit|mbox|operatorname\*?)\s*\{([^{}]*)\}/g, ' $1 ');
  text = text.replace(/\\(?:left|right|[bB]ig+[lr]?)(?![a-zA-Z])\s*\.?/g, '').replace(/\\(?:displaystyle|limits|cdotp)(?![a-zA-Z])/g, '');
  text = text
    .replace(/\s+\^/g, '^')
    .replace(/\{,\}/g, ',')
    .replace(/(?<!\\)\\[,;:!> ]|~|\\q?quad(?![a-zA-Z])/g, ' ')
    .replace(/\\[dtc]frac/g, '\\frac');
  text = text
    .replace(/\\([%$#&_])/g, '$1')
    .replace(/\\(?:leq|leqslant)(?![a-zA-Z])/g, '\\le')
    .replace(/\\(?:geq|geqslant)(?![a-zA-Z])/g, '\\ge');
  text = text.replace(/\\neq(?![a-zA-Z])/g, '\\ne');
  text = text
    .replace(/\^\s*\{?\s*\\circ\s*\}?|\\degrees?(?![a-zA-Z])/g, '°')
    .replace(/\\(?:lbrace|\{)/g, '\\{')
    .replace(/\\(?:rbrace|\})/g, '\\}');
  text = text
    .replace(/\\frac\s*(\d)\s*(\d)/g, '\\frac{$1}{$2}')
    .replace(/\\frac\s*(\d)\s*\{/g, '\\frac{$1}{')
    .replace(/(\\frac\s*\{[^{}]*\})\s*(\d)/g, '$1{$2}');
  text = text.replace(/\\sqrt\s+(?=\{|\[)/g, '\\sqrt').replace(/\\sqrt\s*(\d)/g, '\\sqrt{$1}');
  return unwrapped(text);
}

/** Without what only surrounds an answer: blanks, dollar signs as math marks, bold marks, "the answer is", a final full stop. */
function unwrapped(answer: string): string {
  let text = answer.replace(/\s+/g, ' ').trim();
  for (;;) {
    const next = text
      .replace(/^(?:(?:so|thus|therefore|hence),?\s+)?(?:the\s+)?(?:final\s+|correct\s+)?(?:answer|option|choice)\s*(?:is|:)\s*:?\s*/i, '')
      .replace(/^\$\$?([^$]+)\$\$?$/, '$1')
      .replace(/^\\[([](.*)\\[)\]]$/, '$1')
      .replace(/^\*\*(.*)\*\*$/, '$1')
      .replace(/^\$([^$]*[\\^_{=][^$]*)\$(?=\s*[a-z]|\.?$)/i, '$1')
      .replace(/[.。;,]$/, '')
      .trim();
    if (next === text) return text;
    text = next;
  }
}

/** Splits at the separators that stand outside all brackets; `separator` must be sticky-safe (no flags). */
export function splitOutside(text: string, separator: RegExp): string[] {
  const sticky = new RegExp(separator.source, 'y');
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    sticky.lastIndex = i;
    const match = depth === 0 ? sticky.exec(text) : null;
    if (match !== null && match[0] !== '') {
      parts.push(text.slice(start, i).trim());
      i += match[0].length - 1;
      start = i + 1;
    } else if ('([{'.includes(text[i]!)) depth++;
    else if (')]}'.includes(text[i]!)) depth = Math.max(0, depth - 1);
  }
  return [...parts, text.slice(start).trim()];
}
