import { finalAnswer } from '../reasoning/finalAnswer.js';

const CHARACTERS: Readonly<Record<string, string>> = {
  '−': '-',
  '–': '-',
  '—': '-',
  '×': '\\times ',
  '÷': '\\div ',
  '·': '\\cdot ',
  '⋅': '\\cdot ',
  '∗': '*',
  π: '\\pi ',
  θ: '\\theta ',
  '∞': '\\infty ',
  '≤': '\\le ',
  '≥': '\\ge ',
  '⩽': '\\le ',
  '⩾': '\\ge ',
  '≠': '\\ne ',
  '≈': '\\approx ',
  '∪': '\\cup ',
  '∩': '\\cap ',
  '∈': '\\in ',
  '∅': '\\emptyset ',
  '∖': '\\setminus ',
  ℝ: '\\mathbb{R}',
  ℤ: '\\mathbb{Z}',
  '±': '\\pm ',
  '½': ' \\frac{1}{2}',
  '¼': ' \\frac{1}{4}',
  '¾': ' \\frac{3}{4}',
  '⅓': ' \\frac{1}{3}',
  '⅔': ' \\frac{2}{3}',
  '⅕': ' \\frac{1}{5}',
  '⅖': ' \\frac{2}{5}',
  '⅗': ' \\frac{3}{5}',
  '⅘': ' \\frac{4}{5}',
  '⅙': ' \\frac{1}{6}',
  '⅚': ' \\frac{5}{6}',
  '⅛': ' \\frac{1}{8}',
  '⅜': ' \\frac{3}{8}',
  '⅝': ' \\frac{5}{8}',
  '⅞': ' \\frac{7}{8}',
  '“': '',
  '”': '',
  '‘': "'",
  '’': "'",
  '′': "'",
  '″': "''",
  '、': ',',
  '。': '.',
  '∶': ':',
  '⟨': '\\langle ',
  '⟩': '\\rangle ',
  '⌊': '\\lfloor ',
  '⌋': '\\rfloor ',
  '⌈': '\\lceil ',
  '⌉': '\\rceil ',
  '∣': '|',
};
const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';
const SUBSCRIPTS = '₀₁₂₃₄₅₆₇₈₉';

/** Signs that a text may mark its final answer. */
const MARKED = /\\f?box|<answer>|\n|answer|option is|答案|选|####|\b(?:antwort|respuesta|réponse)\b/i;

/**
 * A final answer in one spelling: without `\boxed{}`, `$..$`, `\text{}`, `\left`, spacing commands and a final full
 * stop, with full-width and other Unicode signs as ASCII or LaTeX, and `\dfrac12` as `\frac{1}{2}`. Does not interpret
 * the answer.
 */
export function answerText(raw: string): string {
  let text = MARKED.test(raw) ? (finalAnswer(raw) ?? raw) : raw;
  text = text.replace(
    /⁻([⁰¹²³⁴⁵⁶⁷⁸⁹]+)/g,
    (_, digits: string) => `^{-${[...digits].map((digit) => SUPERSCRIPTS.indexOf(digit)).join('')}}`,
  );
  text = text.replace(/[⁰¹²³⁴⁵⁶⁷⁸⁹]{2,}/g, (digits) => `^{${[...digits].map((digit) => SUPERSCRIPTS.indexOf(digit)).join('')}}`);
  text = text
    .replace(/[^\u0020-\u007e]/g, character)
    .replace(/百分之([零一二两三四五六七八九十百\d.]+)/g, '$1%')
    .replace(/([零一二两三四五六七八九十百千\d]+)分之([零一二两三四五六七八九十百千\d]+)/g, '($2/$1)');
  text = text
    .replace(/<\/?(?:b|i|u|em|strong|sub|span|p|br|answer)\s*\/?>/gi, ' ')
    .replace(/<sup>(-?\w+)<\/sup>/gi, '^{$1}')
    .replace(/\\textcolor\s*\{[a-zA-Z]*\}\s*\{([^{}]*)\}/g, '$1')
    .replace(/\\color\s*\{[a-zA-Z]*\}/g, '');
  // 5'3" is five feet and three inches.
  text = withoutDollars(text)
    .replace(/('\s*\d+)"/g, "$1''")
    .replace(/"/g, '');
  text = text.replace(/√\s*(\d+|\w|\([^()]*\))/g, (_, of: string) => `\\sqrt{${of.replace(/^\((.*)\)$/, '$1')}}`);
  text = text.replace(UNIT_VECTOR, (_, axis: string) => `\\unitvector${axis.toUpperCase()} `);
  text = text.replace(
    /\\(?:text|textbf|textit|textrm|textnormal|mathrm|mathbf|mathit|mathsf|mbox|hbox|rm|bf|boldsymbol|bm|underline|operatorname\*?)\s*\{((?:[^{}]|\{[^{}]*\})*)\}/g,
    ' $1 ',
  );
  text = text
    .replace(/\\(?:rm|bf|it)(?![a-zA-Z])/g, '')
    .replace(/\\(?:left|right|[bB]ig+[lrm]?)(?![a-zA-Z])\s*\.?/g, '')
    .replace(/\\(?:displaystyle|textstyle|limits|nolimits|cdotp)(?![a-zA-Z])/g, '');
  text = text
    .replace(/ +\^/g, '^')
    .replace(/\{,\}/g, ',')
    .replace(/(?<=\d,)\s*\\!\s*(?=\d)/g, '')
    .replace(/(?<!\\)\\[,;:!> ]|~|\\q?quad(?![a-zA-Z])|\\(?:thin|med|thick)?space(?![a-zA-Z])/g, ' ')
    .replace(/\\[dtc]frac/g, '\\frac')
    .replace(/\\([%$#&_])/g, '$1')
    .replace(/\\(?:leq|leqslant|leqq)(?![a-zA-Z])/g, '\\le')
    .replace(/\\(?:geq|geqslant|geqq)(?![a-zA-Z])/g, '\\ge')
    .replace(/\\(?:neq|not\s*=)(?![a-zA-Z])/g, '\\ne')
    .replace(/\\(?:simeq|thickapprox)(?![a-zA-Z])/g, '\\approx')
    .replace(/\\mid(?![a-zA-Z])/g, '|')
    .replace(/\\backslash(?![a-zA-Z])/g, '\\setminus')
    .replace(/\\varnothing(?![a-zA-Z])/g, '\\emptyset');
  text = text
    .replace(/\^\s*\{?\s*\\circ\s*\}?|\\degrees?(?![a-zA-Z])|\\textdegree/g, '°')
    .replace(/\^\s*\{?\s*\\prime\\prime\s*\}?/g, "''")
    .replace(/\^\s*\{?\s*\\prime\s*\}?/g, "'")
    .replace(/\\(?:lbrace|\{)/g, '\\{')
    .replace(/\\(?:rbrace|\})/g, '\\}');
  text = text
    .replace(/\\frac\s*(\d)\s*(\d)/g, '\\frac{$1}{$2}')
    .replace(/\\frac\s*(\d)\s*\{/g, '\\frac{$1}{')
    .replace(/(\\frac\s*\{[^{}]*\})\s*(\d)/g, '$1{$2}')
    .replace(/\\sqrt +(?=\{|\[)/g, '\\sqrt')
    .replace(/\\sqrt\s*(\d)/g, '\\sqrt{$1}')
    .replace(/(?<=[\w)}])\*\*(?=\s*-?[\d(])/g, '^')
    // A dot above the first and the last of the repeating digits.
    .replace(/\\dot\s*\{?(\d)\}?(\d*)\\dot\s*\{?(\d)\}?/g, '\\overline{$1$2$3}')
    .replace(/(?<=\.\d+)\s*(?:\\[lc]?dots(?![a-zA-Z])|…)/g, '...')
    // 0.1666... and 0.1818... have a period; 0.57721... has no readable one.
    .replace(
      /^(-?\d*\.\d*?)(?:(\d)\2{2,}|(\d{2,3}|\d{6})\3+)\.\.\.$/,
      (_, fixed: string, one = '', more = '') => `${fixed}\\overline{${one || more}}`,
    );
  return unwrapped(counted(text));
}

/** `\hat{i}`, `\mathbf{j}`, `\vec{k}`, `\hat{\mathbf{i}}`, `\hat\imath` */
const UNIT_VECTOR =
  /\\(?:hat|vec|mathbf|boldsymbol|bm)\s*(?:\{\s*)?(?:\\(?:mathbf|hat|vec)\s*(?:\{\s*)?)?\\?([ijk])(?:math)?(?![a-zA-Z])\s*\}{0,2}/g;

/** Turns school notations for choices (`{}_5C_2`, `^5C_2`, `C_5^2`, `5P2`) into binomials and factorials. */
function counted(text: string): string {
  const choices = (n: string, letter: string, k: string, all: string): string => {
    if (Number(k) > Number(n) || Number(n) < 2) return all;
    return letter === 'C' ? `\\binom{${n}}{${k}}` : `(${n}!/(${n}-${k})!)`;
  };
  return (
    text
      .replace(
        /^(\s*(?:€|EUR)\s*)(\d{1,3}(?:[. ]?\d{3})*),(\d{2})\s*$/,
        (_, sign: string, euros: string, cents: string) => `${sign}${euros.replace(/[. ]/g, '')}.${cents}`,
      )
      .replace(
        /^(\s*\d{1,3}(?:[. ]?\d{3})*),(\d{2})(?=\s*(?:€|EUR|[Ee]uros?)\s*$)/,
        (_, euros: string, cents: string) => `${euros.replace(/[. ]/g, '')}.${cents}`,
      )
      // "3,5 kg" is no list.
      .replace(
        /^(\d+),(\d{1,2})(?=\s?(?:k?g|mg|[kcdm]?m|ml|mL|l|L|h|s|min|°C?|Meter|Liter|Stunden|metros|litros|mètres|litres|heures|horas)(?:\^?[23])?$)/,
        '$1.$2',
      )
      .replace(/(?:\{\s*\})?[_^]\s*\{?(\d{1,4})\}?\s*([CP])\s*_\s*\{?(\d{1,4})\}?/g, (all, n: string, letter: string, k: string) =>
        choices(n, letter, k, all),
      )
      .replace(
        /(?<![a-zA-Z\d\\])([CAP])\s*_\s*\{?(\d{1,3})\}?\s*\^\s*\{?(\d{1,3})\}?(?!\d)/g,
        (all, letter: string, n: string, k: string) => choices(n, letter, k, all),
      )
      .replace(/(?<![\w.])(\d{1,3})\s?([CP])\s?(\d{1,3})(?![\w.])/g, (all, n: string, letter: string, k: string) =>
        choices(n, letter, k, all),
      )
      .replace(/(?<![\w.,])\d{1,3}(?:_\d{3})+(?![\w.])/g, (digits) => digits.replaceAll('_', ''))
      .replace(/(?<![\w.,'])\d{1,3}(?:'\d{3})+(?!['\w])/g, (digits) => digits.replaceAll("'", ''))
      .replace(/(?<![\w.,])\d{1,3}(?:\.\d{3}){2,}(?![\w.])/g, (digits) => digits.replaceAll('.', ''))
      .replace(
        /^(-?)(\d{1,3}(?:[. ]\d{3})+),(\d{1,2}|\d{4,})$/,
        (_, sign: string, digits: string, rest: string) => `${sign}${digits.replace(/[. ]/g, '')}.${rest}`,
      )
  );
}

function character(c: string): string {
  const code = c.charCodeAt(0);
  if (code >= 0xff01 && code <= 0xff5e) return String.fromCharCode(code - 0xfee0);
  if (SUPERSCRIPTS.includes(c)) return `^{${SUPERSCRIPTS.indexOf(c)}}`;
  if (SUBSCRIPTS.includes(c)) return `_{${SUBSCRIPTS.indexOf(c)}}`;
  return CHARACTERS[c] ?? (/\s/.test(c) ? ' ' : c);
}

/** Removes the dollar signs around math. Those of amounts stay: a blank is inside or a digit follows, as in Pandoc. */
function withoutDollars(text: string): string {
  if (/^\s*\$[^$]*$/.test(text)) return text;
  return text
    .replace(/\\[([]\s*|\s*\\[)\]]/g, (sign, at: number) => (text[at - 1] === '\\' ? sign : ' '))
    .replace(/(?<!\\)\$\$([^$]+)\$\$/g, ' $1 ')
    .replace(/(?<!\\)\$((?:\\\$|[^$\s])(?:(?:\\\$|[^$])*[^$\s\\])?)\$(?!\d)/g, ' $1 ');
}

/** Pattern for where a number begins: at a digit, a sign, or its word. */
export const NUMBER_BEGINS =
  '(?=[-$\\\\(\\d]|(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|(?:twen|thir|for|fif|six|seven|eigh|nine)ty)\\b)';
/** "x is 12" names the variable as "x = 12" does. */
const VARIABLE_IS = new RegExp(`^([a-zA-Z])\\s+(?:is|equals?)\\s+${NUMBER_BEGINS}`);
const LEAD = [
  /^(?:(?:so|thus|therefore|hence|and|then),?\s+)?(?:the\s+|my\s+)?(?:final\s+|correct\s+)?(?:answer|option|choice|result|solution|value)\s*(?:is|:|=)\s*:?\s*(?:option\s+(?=\(?[A-N]\)?\W*$))?/i,
  /^(?:所以|因此|故)?\s*(?:最终)?(?:正确)?(?:答案|选项)\s*(?:是|为|选|:)\s*:?\s*/,
  /^(?:所以|因此|故)?(?:应)?选(?:择|项)?\s*(?=[A-N])/,
  /^(?:also\s+|somit\s+)?(?:die|das)\s+(?:richtige\s+|gesuchte\s+)?(?:antwort|lösung|ergebnis)\s+(?:ist|lautet)\s*:?\s*/i,
  /^(?:por lo tanto,?\s+|donc,?\s+)?(?:la\s+(?:respuesta|solución|réponse|solution)|el\s+resultado|le\s+résultat)(?:\s+(?:correcta|final|finale|correcte))?\s+(?:est|es)(?![a-z])\s*:?\s*/i,
  /^(?:\\approx|(?:is\s+)?(?:about|approximately|approx\.?|around|roughly|nearly|exactly|equals?)(?=\s|\d)|(?:it|there) (?:is|are)\s+|约为?|大约)\s*/i,
  // "the slope is -2"; not "half of it is 12".
  new RegExp(
    `^(?!.*\\b(?:half|twice|double|triple|third|not|no|never|less|fewer|more|without|except|minus|plus|times|wrong|reciprocal|opposite|negative|squared?|cubed?|inverse|complement|error|guess|estimate|smallest|largest|other)\\b)[a-z]{2}[a-z ]{0,40}\\s(?:is|are|equals?|will be)\\s+${NUMBER_BEGINS}`,
    'i',
  ),
  /^(?:a total of|in total,?|altogether,?)\s+(?=[-$\\(\d])/i,
  /^(?:答|解)\s*:\s*/,
  /^(?:一共|总共|共有?|还剩下?|剩下|需要|等于|得)\s*(?=[-\d零一二两三四五六七八九十])/,
  /^=\s*/,
  /^~\s*/,
];

/** Removes what only surrounds an answer: blanks, bold marks, "the answer is", a final full stop. */
function unwrapped(answer: string): string {
  let text = answer.replace(/\s+/g, ' ').trim();
  for (let round = 0; round < 20; round++) {
    let next = text.replace(VARIABLE_IS, '$1 = ');
    for (const lead of LEAD) next = next.replace(lead, '');
    next = next
      .replace(/^\*\*(.*)\*\*$/, '$1')
      .replace(/^`(.*)`$/, '$1')
      .replace(/\.\s*I hope it is correct\.?$/i, '')
      .replace(/ (?:is|are) the (?:final |correct |right )?(?:answer|result|solution)s?$/i, '')
      .replace(/,\s+(?:which|because|since)\s(?!.*\b(?:not|wrong|incorrect|never)\b).*$/i, '')
      .replace(/\s*\((?:approximately|approx\.?|rounded)\)$/i, '')
      .replace(/[.。;,]$/, '')
      .replace(/^\{([^{}]*)\}$/, (all, inner: string) => (/[,;|:]/.test(inner) ? all : inner))
      .trim();
    if (next === text) return text;
    text = next;
  }
  return text;
}

/** Splits at the separators outside of all brackets. `separator` must have no flags: only its source is used. */
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
    } else if ('([{'.includes(text.charAt(i))) depth++;
    else if (')]}'.includes(text.charAt(i))) depth = Math.max(0, depth - 1);
  }
  return [...parts, text.slice(start).trim()];
}

/** Whether the round brackets of a text are paired. */
export function isBalanced(text: string): boolean {
  let depth = 0;
  for (const c of text) {
    if (c === '(') depth++;
    else if (c === ')' && --depth < 0) return false;
  }
  return depth === 0;
}
