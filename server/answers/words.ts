import { itemAt } from '../reasoning/present.js';
import { singularPhrase } from './nouns.js';

/** Words that exclude each other: two of one row are not the same answer. */
const EXCLUSIVE = `yes no
true false
right wrong
even odd neither
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
triangle square rectangle pentagon hexagon heptagon octagon circle ellipse parabola hyperbola line point
triangle rhombus pentagon hexagon circle trapezoid kite
cone cylinder sphere cube pyramid prism
none all some most few
scalene isosceles equilateral
mercury venus earth mars jupiter saturn uranus neptune
male female
concave convex
injective surjective bijective
conductor insulator
solid liquid gas
am pm
win lose draw
reject accept
oxygen nitrogen hydrogen helium carbon iron copper gold silver mercury lead tin zinc sodium potassium calcium chlorine neon argon sulfur
apple banana orange pear peach grape lemon cherry mango plum
dog cat horse cow pig sheep goat rabbit chicken duck fish bird snake lion tiger bear elephant monkey mouse frog
spring summer autumn winter
asia africa europe australia antarctica
addition subtraction multiplication division
sine cosine tangent
mean median mode range
endothermic exothermic
acid base salt
acidic basic neutral
ionic covalent metallic
photosynthesis respiration fermentation digestion
mitosis meiosis
doubles triples quadruples halves
mitochondria nucleus ribosome chloroplast vacuole cytoplasm membrane
gravity friction magnetism electricity inertia
monopoly oligopoly competition
dominant recessive
proton neutron electron
inductive deductive
rational irrational
transparent opaque
king queen bishop knight rook pawn
hearts diamonds clubs spades
是 否
对 错
正确 错误
增加 减少 不变
增大 减小 不变
上升 下降 不变
奇数 偶数
奇函数 偶函数
质数 合数
正数 负数
男 女
甲 乙 丙 丁
红色 黄色 蓝色 绿色 白色 黑色
锐角三角形 直角三角形 钝角三角形
等腰三角形 等边三角形 直角三角形
平行 垂直 相交
第一象限 第二象限 第三象限 第四象限
充分不必要 必要不充分 充要 既不充分也不必要
星期一 星期二 星期三 星期四 星期五 星期六 星期日
春 夏 秋 冬
相等 不相等`
  .split('\n')
  .map((row) => row.split(' '));

/** Phrases that mean the same. */
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
    'no real solutions exist',
    'no solutions exist',
    'no solution exists',
    '没有解',
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
  ['yes', '是', '是的', 'yes it is', 'yes, it is', 'ja', 'sí', 'oui'],
  ['no', '否', '不是', '不', 'no it is not', 'no, it is not', 'nein', 'non'],
  ['true', '对', '正确', 'correct', 'wahr', 'richtig', 'verdadero', 'vrai'],
  ['false', '错', '错误', 'incorrect', 'falsch', 'falso', 'faux'],
  ['converges', 'convergent', 'it converges', 'the series converges'],
  ['diverges', 'divergent', 'it diverges', 'the series diverges'],
  ['neither', 'neither even nor odd'],
  ['increasing', '增加', '增大', 'increases', 'increase'],
  ['decreasing', '减少', '减小', 'decreases', 'decrease'],
  ['none', 'null', 'none of these', 'none of them'],
  ['infinity', 'unbounded'],
  [
    'no change',
    'unchanged',
    'remains the same',
    'stays the same',
    'does not change',
    'remains constant',
    'remains unchanged',
    'stays constant',
    '不变',
  ],
  ['larger', 'bigger', 'greater'],
  ['us', 'usa', 'united states', 'united states of america'],
  ['uk', 'united kingdom'],
  ['sunday', '星期天', '星期日', '周日'],
].map((row) => row.map(plain));

/** Pairs of phrases that exclude each other, each the first one of its row. */
const CONTRARY = [
  ['no solution', 'infinitely many'],
  ['yes', 'no'],
  ['true', 'false'],
  ['converges', 'diverges'],
  ['increasing', 'decreasing'],
];

/** Whether a text states that there is no value, so that no value equals it: "no solution", "does not exist". */
export function saysNone(text: string): boolean {
  const said = plain(text);
  return SAME.slice(0, 3).some((row) => row.includes(said));
}

/** Compares answers that are words; undefined when the words decide nothing. */
export function compareWords(a: string, r: string): 'right' | 'wrong' | undefined {
  return compareHeads(head(a, r), head(r, a));
}

function compareHeads(a: string, r: string): 'right' | 'wrong' | undefined {
  const [x, y] = [plain(a), plain(r)];
  if (x === y && /^[a-z' -]{3,}$|^\p{Script=Han}{2,}$/u.test(x)) return 'right';
  const [group, other] = [SAME.findIndex((row) => row.includes(x)), SAME.findIndex((row) => row.includes(y))];
  if (group >= 0 && group === other) return 'right';
  if (
    group >= 0 &&
    other >= 0 &&
    CONTRARY.some((row) => row.includes(itemAt(itemAt(SAME, group), 0)) && row.includes(itemAt(itemAt(SAME, other), 0)))
  )
    return 'wrong';
  if (negates(x, y) || negates(y, x)) return 'wrong';
  if (x === `not ${y}` || y === `not ${x}` || x === `non${y}` || y === `non${x}`) return 'wrong';
  if (differInExclusiveWords(x.split(/[\s-]+/), y.split(/[\s-]+/))) return 'wrong';
  if (areOtherNames(a, r) && group < 0 && other < 0) return 'wrong';
  return compareFigures(a, r) ?? compareBags(x, y) ?? compareKinds(a, r);
}

/** The first word of "Yes, because …" and "No: …" beside a yes or no; T and F beside true and false. */
function head(text: string, other: string): string {
  if (/^(?:yes|no)$/i.test(other)) return /^(yes|no)(?:[,.;:!]|\s(?:it|they|he|she|there|because|since|we|the)\b)/i.exec(text)?.[1] ?? text;
  if (/^(?:true|false)$/i.test(other)) {
    if (/^[tf]$/i.test(text)) return /t/i.test(text) ? 'true' : 'false';
    return /^(true|false)(?:[,.;:!]|\s(?:because|since)\b)/i.exec(text)?.[1] ?? text;
  }
  // "Sarah is the tallest", "Canberra, Australia"
  if (/^[A-Z][a-z]{2,15}$/.test(other)) {
    const name = /^([A-Z][a-z]{2,15})(?:,\s[A-Z][a-z]+|\s(?:is|was|has|had|did|won|wins|will|can|should)\s[^,;]*)$/.exec(text)?.[1];
    if (
      name !== undefined &&
      !NO_NAMES.test(name) &&
      !/^(?:it|he|she|they|this|that|there|which|what|who)$/i.test(name) &&
      !/\b(?:not|never|neither|or|but)\b|n't\b/.test(text)
    )
      return name;
  }
  return text.replace(/^((?:there (?:is|are) |the equation has )?no (?:real )?solutions?) (?:to|for|of|in|because|since)\s.*$/i, '$1');
}

/** The kind that may follow a thing's name: "an isosceles triangle" beside "isosceles". */
const GENERIC =
  / (?:triangle|reaction|function|number|angle|ocean|sea|river|equation|series|sequence|graph|curve|bond|process|color|city|matrix|relationship|correlation|one|lines?|motion|force|state|country|mountains?|bay|island|desert)$/i;

/** Right for "an isosceles triangle" beside "isosceles" and for a surname; wrong for the Pacific beside the Atlantic Ocean. */
function compareKinds(a: string, r: string): 'right' | 'wrong' | undefined {
  const [x, y] = [a, r].map((text) => text.replace(/^(?:the|an?) /i, '')) as [string, string];
  const [short, other] = [x, y].map((text) => text.replace(GENERIC, '')) as [string, string];
  if (short === x && other === y) {
    const isName =
      /^[A-Z][a-z]+ (?:[A-Z](?:[a-z]+|\.) )?[A-Z][a-z]+$/.test(y) &&
      !/^(?:New|North|South|East|West|San|Los|Saint|Great|Lake|Mount|Fort|Port|Little|Old)\b/.test(y);
    return isName && y.split(' ').at(-1) === x ? 'right' : undefined;
  }
  const isSameKind = GENERIC.exec(x)?.[0].toLowerCase() === GENERIC.exec(y)?.[0].toLowerCase();
  if (!isSameKind && short !== x && other !== y) return undefined;
  if (short.toLowerCase() === other.toLowerCase() && /^[a-z' -]{3,}$/i.test(short)) return 'right';
  if (differInExclusiveWords([short.toLowerCase()], [other.toLowerCase()])) return 'wrong';
  return isSameKind && areOtherNames(short, other) ? 'wrong' : undefined;
}

/** The same words in the plural, or in another order if no word expresses how they relate. */
function compareBags(x: string, y: string): 'right' | undefined {
  // "a - b" has no words.
  if (![x, y].every((text) => /^(?:[a-z']{2,} ?){1,12}$/.test(text) || /^an? [a-z]{3,}$/.test(text))) return undefined;
  if (x.length > 2 && singularPhrase(x) === singularPhrase(y)) return 'right';
  const [a, b] = [x, y].map((text) =>
    singularPhrase(text)
      .split(' ')
      .filter((word) => !/^(?:the|an?)$/.test(word)),
  ) as [string[], string[]];
  // "supply and demand", "two intersecting lines": the order of other words may count.
  const pairs = [a, b].map((words) => words.join(' ').split(' and '));
  if (pairs.every((items) => items.length === 2) && itemAt(pairs, 0).sort().join() === itemAt(pairs, 1).sort().join()) return 'right';
  const moved = a.filter((word) => /(?:ing|ed)$/.test(word));
  const rest = (words: readonly string[]): string => words.filter((word) => word !== moved[0]).join(' ');
  return moved.length === 1 && a.length === b.length && a.length < 5 && b.includes(itemAt(moved, 0)) && rest(a) === rest(b)
    ? 'right'
    : undefined;
}

/** Two names without a common word: Alice and Bob, 小明 and 小红. Not Math and Mathematics, nor numbers or "none". */
function areOtherNames(a: string, r: string): boolean {
  if (/^[小老大阿]\p{Script=Han}$/u.test(a) && /^[小老阿]\p{Script=Han}$/u.test(r)) return a !== r;
  const [x, y] = [a, r].map((text) => text.split(' ')) as [string[], string[]];
  const isName = (words: string[]): boolean =>
    words.length <= 3 && words.every((word) => /^[A-Z](?:[a-z]{2,15}|\.)$/.test(word) && !NO_NAMES.test(word));
  // "The Nile" is the Nile; Math is Mathematics.
  return isName(x) && isName(y) && x.every((word) => y.every((other) => word.slice(0, 3) !== other.slice(0, 3)));
}

const NO_NAMES =
  /^(?:none|neither|nothing|both|all|any|each|either|equal|same|zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|\w+ty|hundred|thousand|million|billion|half|third|quarter|first|second|pi|infinity|unknown|correct|right|wrong|approximately|about|the|an|yes|no|true|false)$/i;

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
    if (!EXCLUSIVE.some((row) => row.includes(word) && row.includes(itemAt(r, i)))) return false;
    isDifferent = true;
  }
  return isDifferent;
}

/** `\triangle ABC` is CAB, `\overline{AB}` is BA, and `\angle ABC` keeps its vertex. Other letters are different. */
function compareFigures(a: string, r: string): 'right' | 'wrong' | undefined {
  const [x, y] = [namedFigure(a), namedFigure(r)];
  if (x === undefined || y === undefined || (x.kind !== y.kind && x.kind !== '' && y.kind !== '') || x.letters.length !== y.letters.length)
    return undefined;
  if (x.kind === '' && y.kind === '') return undefined;
  const kind = x.kind || y.kind;
  if (x.letters === y.letters) return 'right';
  if (kind === 'triangle') return sorted(x.letters) === sorted(y.letters) ? 'right' : 'wrong';
  if (sorted(x.letters) !== sorted(y.letters)) return 'wrong';
  const isReversed = [...x.letters].reverse().join('') === y.letters;
  if (/^(?:segment|line|angle)$/.test(kind)) return isReversed ? 'right' : x.letters.length === 3 ? 'wrong' : undefined;
  return undefined;
}

function namedFigure(text: string): { readonly kind: string; readonly letters: string } | undefined {
  const match =
    /^(?:\\?(?:triangle|△)|(?:\\?angle|∠)|(?:line )?segment|line|\\overline|square|circle|quadrilateral|rectangle)?\s*\{?([A-Z]{2,5})\}?$/.exec(
      text,
    );
  if (match === null) return undefined;
  const word = text.slice(0, -itemAt(match, 1).length);
  const kind = /triangle|△/.test(word)
    ? 'triangle'
    : /angle|∠/.test(word) && !word.includes('rect')
      ? 'angle'
      : /segment|overline/.test(word)
        ? 'segment'
        : (/line|square|circle|quadrilateral|rectangle/.exec(word)?.[0] ?? '');
  return { kind, letters: itemAt(match, 1) };
}

function sorted(letters: string): string {
  return [...letters].sort().join('');
}

const DAYS = 'monday tuesday wednesday thursday friday saturday sunday'.split(' ');

function plain(text: string): string {
  return text
    .toLowerCase()
    .replace(/\b([ap])\.m\.?/g, '$1m')
    .replace(/[.!]$/, '')
    .replace(/\b([a-z])\.(?=[a-z]\b|$)/g, '$1')
    .replace(/(?<=[a-z]{3}),(?= [a-z]{2,}$)/, '')
    .replace(/^it (?=[a-z]{3,}s$)/, '')
    .replace(/\s+/g, ' ')
    .replace(/^(?:the|an?|on|in) (?=[a-z]{3})/, '')
    .replace(/^(?:周|礼拜)(?=[一二三四五六日])/, '星期')
    .replace(/^(mon|tue|tues|wed|thu|thur|thurs|fri|sat|sun)$/, (day) => DAYS.find((name) => name.startsWith(day)) ?? day)
    .trim();
}
