/** Words that exclude each other: two of one row are not the same answer. */
const EXCLUSIVE = `yes no
true false
right wrong
even odd
positive negative zero
increasing decreasing constant
increase decrease
increases decreases
monday tuesday wednesday thursday friday saturday sunday
january february march april may june july august september october november december
acute right obtuse
north south east west
northeast northwest southeast southwest
left right
up down
above below
before after
greater less equal
more less
converges diverges
finite infinite
convergent divergent
converge diverge
rational irrational
real imaginary
linear nonlinear
linear quadratic cubic exponential logarithmic
prime composite
always sometimes never
possible impossible
valid invalid
stable unstable
clockwise counterclockwise
parallel perpendicular
horizontal vertical
maximum minimum
max min
heads tails
red orange yellow green blue purple violet pink black white brown gray
triangle square rectangle pentagon hexagon heptagon octagon circle ellipse parabola hyperbola
mercury venus earth mars jupiter saturn uranus neptune
male female
concave convex
injective surjective bijective
conductor insulator
solid liquid gas
am pm
win lose draw
reject accept
是 否
对 错
正确 错误`
  .split('\n')
  .map((row) => row.split(' '));

/** Phrases that say the same. */
const SAME = [
  [
    'no solution',
    'no solutions',
    'no real solution',
    'no real solutions',
    'empty set',
    'the empty set',
    '\\emptyset',
    '\\{\\}',
    '\\{ \\}',
    'there is no solution',
    'there are no solutions',
    'no such number exists',
    '无解',
    '空集',
    'no roots',
    'no real roots',
    'keine lösung',
    'keine lösungen',
    'sin solución',
    'no hay solución',
    'no tiene solución',
    'aucune solution',
    'pas de solution',
  ],
  ['does not exist', 'dne', "doesn't exist", 'the limit does not exist', '不存在', 'undefined', 'not defined'],
  ['infinitely many', 'infinitely many solutions', 'infinite', 'infinite solutions', '无数', '无数个'],
  ['yes', '是', 'yes it is', 'yes, it is', 'ja', 'sí', 'oui'],
  ['no', '否', 'no it is not', 'no, it is not', 'nein', 'non'],
  ['true', '对', '正确', 'correct', 'wahr', 'richtig', 'verdadero', 'vrai'],
  ['false', '错', '错误', 'incorrect', 'falsch', 'falso', 'faux'],
  ['converges', 'convergent', 'it converges', 'the series converges'],
  ['diverges', 'divergent', 'it diverges', 'the series diverges'],
  ['neither', 'neither even nor odd'],
].map((row) => row.map(plain));

/** Phrases, by the first of their row, that exclude each other. */
const CONTRARY = [
  ['no solution', 'infinitely many'],
  ['yes', 'no'],
  ['true', 'false'],
  ['converges', 'diverges'],
];

/** Whether a text says that there is nothing to be given, so that no value is the same: "no solution", "does not exist". */
export function saysNone(text: string): boolean {
  const said = plain(text);
  return SAME.slice(0, 3).some((row) => row.includes(said));
}

/** Compares answers that are words; undefined when the words decide nothing. */
export function compareWords(a: string, r: string): 'right' | 'wrong' | undefined {
  const [x, y] = [plain(a), plain(r)];
  if (x === y && /^[a-z' -]{3,}$/.test(x)) return 'right';
  const [group, other] = [SAME.findIndex((row) => row.includes(x)), SAME.findIndex((row) => row.includes(y))];
  if (group >= 0 && group === other) return 'right';
  if (group >= 0 && other >= 0 && CONTRARY.some((row) => row.includes(SAME[group]![0]!) && row.includes(SAME[other]![0]!))) return 'wrong';
  if (negates(x, y) || negates(y, x)) return 'wrong';
  if (x === `not ${y}` || y === `not ${x}` || x === `non${y}` || y === `non${x}`) return 'wrong';
  if (differInExclusiveWords(x.split(/[\s-]+/), y.split(/[\s-]+/))) return 'wrong';
  if (areOtherNames(a, r) && group < 0 && other < 0) return 'wrong';
  const [figure, second] = [namedFigure(a), namedFigure(r)];
  // Triangle ABC is triangle CAB; of other letters it is another one.
  if (figure !== undefined && second !== undefined && figure.kind === second.kind && figure.letters !== second.letters) return 'wrong';
  return undefined;
}

/** Two capitalized words, as names are: Alice and Bob. Not Math and Mathematics, and no words that stand for a number or nothing. */
function areOtherNames(a: string, r: string): boolean {
  const isName = (text: string): boolean => /^[A-Z][a-z]{2,15}$/.test(text) && !NO_NAMES.test(text);
  return isName(a) && isName(r) && a.slice(0, 3) !== r.slice(0, 3);
}

const NO_NAMES =
  /^(?:none|neither|nothing|both|all|any|each|either|equal|same|zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|\w+ty|hundred|thousand|million|billion|half|third|quarter|first|second|pi|infinity|unknown|correct|right|wrong|approximately|about)$/i;

/** "does not converge" for "converges", 不是 for 是. */
function negates(a: string, b: string): boolean {
  const stem = /^(?:it )?(?:does|do|is|are|can)(?: not|n't|not) (.+)$/.exec(a)?.[1] ?? /^不(.+)$/.exec(a)?.[1];
  return stem !== undefined && stem.replace(/s$/, '') === b.replace(/^(?:it )?(?:is|are|can) /, '').replace(/s$/, '');
}

/** The same words except where two exclude each other. */
function differInExclusiveWords(a: readonly string[], r: readonly string[]): boolean {
  if (a.length !== r.length) return false;
  let isDifferent = false;
  for (const [i, word] of a.entries()) {
    if (word === r[i]) continue;
    if (!EXCLUSIVE.some((row) => row.includes(word) && row.includes(r[i]!))) return false;
    isDifferent = true;
  }
  return isDifferent;
}

function namedFigure(text: string): { readonly kind: string; readonly letters: string } | undefined {
  const match = /^(?:\\?(triangle|angle|line|segment|overline|square|circle|quadrilateral))\s*\{?([A-Z]{1,5})\}?$/.exec(text);
  return match === null ? undefined : { kind: match[1]!, letters: [...match[2]!].sort().join('') };
}

function plain(text: string): string {
  return text
    .toLowerCase()
    .replace(/\b([ap])\.m\.?/g, '$1m')
    .replace(/[.!]$/, '')
    .replace(/\s+/g, ' ')
    .replace(/^(?:the|an?|on|in) (?=[a-z]{3})/, '')
    .trim();
}
