import { itemAt, mustHave } from '../reasoning/present.js';

const CARDINALS =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  );
const TENS = 'twenty thirty forty fifty sixty seventy eighty ninety'.split(' ');
const SCALES: Readonly<Record<string, bigint>> = {
  dozen: 12n,
  dozens: 12n,
  score: 20n,
  gross: 144n,
  hundred: 100n,
  thousand: 1000n,
  lakh: 10n ** 5n,
  lakhs: 10n ** 5n,
  million: 10n ** 6n,
  crore: 10n ** 7n,
  crores: 10n ** 7n,
  billion: 10n ** 9n,
  trillion: 10n ** 12n,
  quadrillion: 10n ** 15n,
};
const DENOMINATORS: Readonly<Record<string, bigint>> = {
  half: 2n,
  halves: 2n,
  third: 3n,
  quarter: 4n,
  fourth: 4n,
  fifth: 5n,
  sixth: 6n,
  seventh: 7n,
  eighth: 8n,
  ninth: 9n,
  tenth: 10n,
  eleventh: 11n,
  twelfth: 12n,
  thirteenth: 13n,
  fifteenth: 15n,
  sixteenth: 16n,
  twentieth: 20n,
  hundredth: 100n,
  thousandth: 1000n,
  millionth: 10n ** 6n,
};
const ORDINALS =
  'zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth'.split(
    ' ',
  );
/** Spanish, German and French numbers that are not English words. */
const OTHER_LANGUAGES = new Map(
  [
    'cero uno dos tres cuatro cinco seis siete ocho nueve diez',
    'null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf',
    'zéro une deux trois quatre cinq six sept huit neuf dix onze douze',
  ].flatMap((row) => row.split(' ').map((word, i) => [word, String(i)] as const)),
);
OTHER_LANGUAGES.delete('null');
const HAN_DIGITS = '零一二三四五六七八九';
const OPERATIONS: readonly (readonly [RegExp, string])[] = [
  [/^(?:twice|double)\s+(\d[\d.]*)$/i, '(2*$1)'],
  [/^(?:thrice|triple)\s+(\d[\d.]*)$/i, '(3*$1)'],
  [/^\(1\/2\) of (\d[\d.]*)$/i, '($1/2)'],
  [/^(\d[\d.]*) (?:less|fewer) than (\d[\d.]*)$/i, '($2-$1)'],
  [/^(\d[\d.]*) more than (\d[\d.]*)$/i, '($2+$1)'],
  [/\b(?:the )?cube root of\s+(?=[\d(a-z])/gi, 'cbrt '],
  [/\b(?:the )?(?:square root|sqrt|root)(?: of)?\s+(?=[\d(a-z])/gi, '\\sqrt '],
  [/(?<=^\d+)\s+(?:out of|in)\s+(?=\d+$)/i, ' / '],
  [/\s+(?:divided by|over)\s+/gi, ' / '],
  [/\s+(?:multiplied by|times)\s+(?=[\d(\\])/gi, ' * '],
  [/\s+plus\s+/gi, ' + '],
  [/\s+minus\s+/gi, ' - '],
  [/^(?:minus|negative)\s+/i, '-'],
  [/(?<=[\d)\w}])\s+squared$/i, '^{2}'],
  [/(?<=[\d)\w}])\s+cubed$/i, '^{3}'],
  [/(?<=[\d)\w}])\s+factorial$/i, '!'],
  [/(?<=\d) point (\d+(?: \d)*)(?![\d.])/gi, '.$1'],
  [/\s+to the power(?: of)?\s+(-?\d+)$/i, '^{$1}'],
];

/** "one and a half million": the half is of the scale, too. */
const HALF_OF_SCALE = /(?<![\\a-zA-Z])([a-z]+|\d+) and a half (?=hundred|thousand|million|billion|trillion|dozen)([a-z]+)/gi;
/** "a dozen and a half" */
const DOZEN_AND_HALF = /^(?:a|one|1) (dozen|hundred|thousand|million|billion) and a half$/i;

/** An expression with its words as signs and digits: "five eighths" is (5/8), "3 times ten" is 3 * 10. Other words stay. */
export function withoutNumberWords(text: string): string {
  if (!/[a-zé]{2}|[一二三四五六七八九十百千万亿]/i.test(text)) return text;
  // Words in text, not in commands: \frac has none.
  const digits = (OTHER_LANGUAGES.get(text.toLowerCase()) ?? text)
    .replace(DOZEN_AND_HALF, '(1+1/2) $1')
    .replace(/^(?:an?|one) (hour|minute|day|week|month|year|mile|foot|cup|meter|kilometer|pound) and a half$/i, '1.5 $1')
    .replace(/^half (?:an?|of an?) (hour|minute|day|week|month|year|mile|foot|meter|kilometer|pound|liter)$/i, '0.5 $1')
    .replace(HALF_OF_SCALE, (_, count: string, scale: string) => `(${numberRun(count, false)}+1/2) ${scale}`)
    .replace(/(?<![\\a-zA-Z])[a-zA-Z]+(?:[ -][a-zA-Z]+)*(?![a-zA-Z])/g, (run, at: number) => {
      const before = /(\d[\d,.]*)\s+$/.exec(text.slice(0, at))?.[1];
      return numberRun(run, before !== undefined);
    });
  let result = scaled(digits.replace(/一半/g, '(1/2)').replace(/[零一二两三四五六七八九十][零一二两三四五六七八九十百千]*/g, hanNumber));
  result = result.replace(/(?<=[\d)]) and (?=\(?\d+\s*\/\s*\d|\\frac)/g, ' + ');
  // "two to the sixth power"
  result = result.replace(/(?<=\d) to the ([a-z]+|\d+(?:st|nd|rd|th)) power$/i, (all, ordinal: string) => {
    const exponent = readOrdinal(ordinal);
    return exponent === undefined ? all : `^{${exponent}}`;
  });
  for (const [pattern, sign] of OPERATIONS) result = result.replace(pattern, sign);
  return result.replace(/(?<=\.)(?:\d )+\d/g, (digits) => digits.replaceAll(' ', ''));
}

/** Ordinals: `2nd`, `second`, `第二`. */
export function readOrdinal(text: string): bigint | undefined {
  const digits = /^(?:the\s+)?(\d{1,6})(?:st|nd|rd|th)$/i.exec(text)?.[1];
  if (digits !== undefined) return BigInt(digits);
  const words = text.toLowerCase().replace(/^the /, '');
  const [, tens, last] = /^(twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)[ -]([a-z]+)$/.exec(words) ?? [];
  const at = ORDINALS.indexOf(last ?? words);
  if (tens !== undefined) return at > 0 && at < 10 ? BigInt((TENS.indexOf(tens) + 2) * 10 + at) : undefined;
  return at < 1 ? undefined : BigInt(at);
}

/** Numbers written in words within a run of words; `behindDigits`: the run follows a number ("3 halves", "5 million"). */
function numberRun(run: string, behindDigits: boolean): string {
  const words = run.split(/([ -])/);
  const found: string[] = [];
  let at = 0;
  while (at < words.length) {
    const [value, next] = cardinal(words, at);
    if (value === undefined) {
      const lower = itemAt(words, at).toLowerCase();
      const isArticle = /^an?$/.test(lower) && (words[at + 2] ?? '').toLowerCase() in DENOMINATORS;
      const name = isArticle ? itemAt(words, at + 2).toLowerCase() : lower;
      const bare = name === 'half' || name === 'quarter' || (behindDigits && at === 0);
      const denominator = bare || isArticle ? denominatorOf(name) : undefined;
      if (denominator !== undefined && behindDigits && at === 0 && !isArticle) found.push(`/${denominator}`);
      else if (denominator !== undefined) found.push(`(1/${denominator})`);
      else found.push(itemAt(words, at));
      at += isArticle ? 3 : 1;
      continue;
    }
    const denominator = words[next] === undefined ? undefined : denominatorOf((words[next + 1] ?? '').toLowerCase());
    // "twenty third" is an ordinal, "twenty thirds" a fraction.
    const isFraction = denominator !== undefined && (value === 1n || /s$|^half$|^halves$/i.test(itemAt(words, next + 1)));
    found.push(isFraction ? `(${value}/${denominator})` : `${value}`);
    at = isFraction ? next + 2 : next;
  }
  return found.join('').replace(/-(?=\()/g, ' ');
}

function denominatorOf(word: string): bigint | undefined {
  return DENOMINATORS[word] ?? (word.endsWith('s') ? DENOMINATORS[word.slice(0, -1)] : undefined);
}

/** The longest cardinal number from a word on, and where it ends. `words` alternates with the separators between them. */
function cardinal(words: readonly string[], start: number): [bigint | undefined, number] {
  let total = 0n;
  let group: bigint | undefined;
  let end = start;
  for (let at = start; at < words.length; at += 2) {
    const word = itemAt(words, at).toLowerCase();
    const unit = BigInt(CARDINALS.indexOf(word));
    const ten = BigInt(TENS.indexOf(word) + 2);
    const scale = SCALES[word];
    if (unit >= 0n && (group === undefined || group % 100n === 0n || (unit < 10n && group % 100n >= 20n && group % 10n === 0n))) {
      group = (group ?? 0n) + unit;
    } else if (ten > 1n && (group === undefined || group % 100n === 0n)) group = (group ?? 0n) + ten * 10n;
    else if (scale !== undefined && (group !== undefined || total > 0n)) {
      if (scale < 1000n) group = (group ?? 1n) * scale;
      else {
        total += (group ?? 1n) * scale;
        group = undefined;
      }
    } else if (
      word === 'and' &&
      end > start &&
      at + 2 < words.length &&
      isCardinalWord(itemAt(words, at + 2)) &&
      !isFractionBehind(words, at + 2)
    )
      continue;
    else if (/^an?$/.test(word) && at === start && SCALES[(words[at + 2] ?? '').toLowerCase()] !== undefined) group = 1n;
    else break;
    end = at + 1;
  }
  return end === start ? [undefined, start] : [total + (group ?? 0n), end];
}

function isCardinalWord(word: string): boolean {
  return CARDINALS.includes(word.toLowerCase()) || TENS.includes(word.toLowerCase());
}

/** "and three quarters": the next number is a numerator. */
function isFractionBehind(words: readonly string[], at: number): boolean {
  return denominatorOf((words[at + 2] ?? '').toLowerCase()) !== undefined;
}

/** `5 million`, `2.5 billion`, `3万`: digits before a word for a power of ten. */
function scaled(text: string): string {
  return text.replace(
    /(\d[\d,]*(?:\.\d+)?|\(\d+\+1\/2\))\s*(dozens?|hundred|thousand|lakhs?|million|crores?|billion|trillion|quadrillion|万亿|万|亿)(?![a-zA-Z])/gi,
    (_, number: string, word: string) => {
      const factor = { 万: 10n ** 4n, 亿: 10n ** 8n, 万亿: 10n ** 12n }[word] ?? mustHave(SCALES[word.toLowerCase()], `number "${word}"`);
      return `(${number}*${factor})`;
    },
  );
}

/** 二十五 is 25; a single digit word such as 一 too. */
function hanNumber(text: string): string {
  let total = 0;
  let digit = 0;
  for (const sign of text.replace(/两/g, '二')) {
    const at = HAN_DIGITS.indexOf(sign);
    const scale = { 十: 10, 百: 100, 千: 1000 }[sign];
    if (at >= 0) digit = at;
    else if (scale !== undefined) {
      total += (digit === 0 ? 1 : digit) * scale;
      digit = 0;
    }
  }
  return String(total + digit);
}
