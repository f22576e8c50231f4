/** Plain text for LaTeX commands. A command that is not listed becomes its name, such as `arctan` and `gcd`. */
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
  overline: '',
  bar: '',
  hat: '',
  vec: '',
  mathit: '',
  operatorname: '',
  gamma: 'γ',
  delta: 'δ',
  Delta: 'Δ',
  lambda: 'λ',
  mu: 'μ',
  phi: 'φ',
  epsilon: 'ε',
  varepsilon: 'ε',
  zeta: 'ζ',
  eta: 'η',
  kappa: 'κ',
  nu: 'ν',
  xi: 'ξ',
  rho: 'ρ',
  sigma: 'σ',
  tau: 'τ',
  varphi: 'φ',
  chi: 'χ',
  psi: 'ψ',
  omega: 'ω',
  Gamma: 'Γ',
  Theta: 'Θ',
  Lambda: 'Λ',
  Pi: 'Π',
  Sigma: 'Σ',
  Phi: 'Φ',
  Psi: 'Ψ',
  Omega: 'Ω',
  prod: '∏',
  partial: '∂',
  nabla: '∇',
  propto: '∝',
  forall: '∀',
  exists: '∃',
  notin: '∉',
  emptyset: '∅',
  varnothing: '∅',
  subseteq: '⊆',
  setminus: '∖',
  mapsto: '↦',
  leftarrow: '←',
  leftrightarrow: '↔',
  Leftrightarrow: '⇔',
  longrightarrow: '→',
  lt: '<',
  gt: '>',
  ll: '≪',
  gg: '≫',
  lfloor: '⌊',
  rfloor: '⌋',
  lceil: '⌈',
  rceil: '⌉',
  langle: '⟨',
  rangle: '⟩',
  vert: '|',
  lvert: '|',
  rvert: '|',
  ast: '*',
  star: '⋆',
  bullet: '•',
  prime: '′',
  square: '□',
  mathbb: '',
  mathcal: '',
  mathsf: '',
  mathtt: '',
  textit: '',
  textrm: '',
  textsf: '',
  mbox: '',
  underline: '',
  widehat: '',
  tilde: '',
  limits: '',
  nonumber: '',
  big: '',
  Big: '',
  bigg: '',
  Bigg: '',
  bigl: '',
  bigr: '',
  Bigl: '',
  Bigr: '',
  textstyle: '',
  hline: '',
  perp: '⊥',
  parallel: '∥',
  cong: '≅',
  sim: '∼',
  therefore: '∴',
  because: '∵',
  cup: '∪',
  cap: '∩',
  subset: '⊂',
  mid: '∣',
  iff: '⇔',
};

const RAISED: Readonly<Record<string, string>> = {
  '0': '⁰',
  '1': '¹',
  '2': '²',
  '3': '³',
  '4': '⁴',
  '5': '⁵',
  '6': '⁶',
  '7': '⁷',
  '8': '⁸',
  '9': '⁹',
  '+': '⁺',
  '-': '⁻',
  n: 'ⁿ',
  i: 'ⁱ',
};
const LOWERED: Readonly<Record<string, string>> = {
  '0': '₀',
  '1': '₁',
  '2': '₂',
  '3': '₃',
  '4': '₄',
  '5': '₅',
  '6': '₆',
  '7': '₇',
  '8': '₈',
  '9': '₉',
  '+': '₊',
  '-': '₋',
  n: 'ₙ',
  i: 'ᵢ',
};

/** `x^{2}` becomes `x²` if every character has a raised form; otherwise the form is `x^(a+b)`. */
function script(signs: Readonly<Record<string, string>>, mark: string, inner: string): string {
  const shifted = [...inner].map((sign) => signs[sign]);
  if (shifted.every((sign) => sign !== undefined)) return shifted.join('');
  return inner.length > 1 ? `${mark}(${inner})` : `${mark}${inner}`;
}

/** A part of a fraction or root; in parentheses if it is more than a name or a number. */
function term(text: string): string {
  return /^[\w.]*$/.test(text.trim()) ? text.trim() : `(${text.trim()})`;
}

/** Number of passes that reduce nested braces, the innermost first. Deeper braces are only removed. */
const NESTING = 6;

/** Replaces commands by plain characters if their arguments contain no braces any more. */
function reduceGroups(text: string): string {
  return text
    .replace(
      /\\(?:text|mathrm|mathbf|mathbb|mathcal|mathsf|textbf|textit|textrm|mbox|mathit|operatorname|boxed|overline|underline|bar|hat|widehat|tilde|vec)\s*\{([^{}]*)\}/g,
      '$1',
    )
    .replace(/\\[pb]?mod\s*\{([^{}]*)\}/g, ' (mod $1)')
    .replace(/\\[dt]?binom\s*\{([^{}]*)\}\s*\{([^{}]*)\}/g, ' ($1 over $2)')
    .replace(/\\sqrt\s*\{([^{}]*)\}/g, (_, inner: string) => `√${term(inner)}`)
    .replace(/\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}/g, (_, above: string, below: string) => `${term(above)}/${term(below)}`)
    .replace(/\^\s*\{([^{}]*)\}/g, (_, group: string) => script(RAISED, '^', group))
    .replace(/(?<=[A-Za-z)])_\s*\{([^{}]*)\}/g, (_, group: string) => script(LOWERED, '_', group));
}

/** One line a reader can skim: Markdown emphasis and LaTeX reduced to plain characters, blanks collapsed. */
export function plainText(text: string): string {
  let reduced = text
    .replace(/(?<!\\)\$\$?|\\[()[\]]/g, '')
    .replace(/\^\s*(?:\{\s*\\(?:circ|degree)\s*\}|\\(?:circ|degree)\b)/g, '°')
    .replace(/\\begin\{[^}]*\}|\\end\{[^}]*\}|\\[,;:! ]|\\\\/g, ' ');
  for (let depth = 0; depth < NESTING && reduced.includes('{'); depth++) {
    const before = reduced;
    reduced = reduceGroups(before);
    if (reduced === before) break;
  }
  return reduced
    .replace(/\\[dt]?frac\s*(\d)\s*(\d)/g, '$1/$2')
    .replace(/\^\s*([\w+-])/g, (_, one: string) => script(RAISED, '^', one))
    .replace(/(?<=[A-Za-z)])_\s*(\d)/g, (_, one: string) => script(LOWERED, '_', one))
    .replace(/\\([A-Za-z]+)/g, (_, name: string) => (Object.hasOwn(COMMANDS, name) ? (COMMANDS[name] ?? name) : name))
    .replace(/\\([%&#_{}$])/g, '$1')
    .replace(/[{}]|\*\*|<\/?(?:step|answer)>/g, '')
    .replace(/\s+/g, ' ')
    .trim();
}

/** The first `limit` characters of a text's plain form, cut at a nearby word end. Reads only the text's head. */
export function firstWords(text: string, limit: number): string {
  const plain = plainText(text.slice(0, limit * 4 + 200));
  if (plain.length <= limit) return plain;
  const space = plain.lastIndexOf(' ', limit);
  return `${plain.slice(0, space > limit * 0.6 ? space : limit)}…`;
}
