const COMMANDS: Readonly<Record<string, string>> = {
  times: '×',
  cdot: '·',
  div: '÷',
  pm: '±',
  le: '≤',
  leq: '≤',
  ge: '≥',
  geq: '≥',
  neq: '≠',
  ne: '≠',
  approx: '≈',
  equiv: '≡',
  to: '→',
  rightarrow: '→',
  Rightarrow: '⇒',
  implies: '⇒',
  infty: '∞',
  pi: 'π',
  alpha: 'α',
  beta: 'β',
  theta: 'θ',
  angle: '∠',
  triangle: '△',
  circ: '°',
  degree: '°',
  sqrt: '√',
  sum: '∑',
  int: '∫',
  in: '∈',
  ldots: '…',
  cdots: '…',
  dots: '…',
  quad: ' ',
  qquad: ' ',
  left: '',
  right: '',
  displaystyle: '',
  text: '',
  mathrm: '',
  mathbf: '',
  textbf: '',
  boxed: '',
};

/** One line a reader can skim: Markdown emphasis and LaTeX reduced to plain characters, blanks collapsed. */
export function plainText(text: string): string {
  return text
    .replace(/\$\$?|\\[()[\]]/g, '')
    .replace(/\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}/g, '$1/$2')
    .replace(/\\([A-Za-z]+)/g, (_, name: string) => COMMANDS[name] ?? '')
    .replace(/\\([%&#_{}$])/g, '$1')
    .replace(/[{}]|\*\*|<\/?(?:step|answer)>/g, '')
    .replace(/\s+/g, ' ')
    .trim();
}

/** The first `limit` characters of a text's plain form, cut at a word where one ends near; only its head is looked at. */
export function firstWords(text: string, limit: number): string {
  const plain = plainText(text.slice(0, limit * 4 + 200));
  if (plain.length <= limit) return plain;
  const space = plain.lastIndexOf(' ', limit);
  return `${plain.slice(0, space > limit * 0.6 ? space : limit)}…`;
}

/** `1 node`, `1,200 nodes`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}
