import { itemAt, mustHave } from '../../reasoning/present.js';
import { UnreadableExpression } from './expression.js';
import { fromDecimal, type Rational } from './rational.js';

export interface Token {
  /** `word`: a run of letters; `command`: with a backslash, which is left out. */
  readonly kind: 'number' | 'word' | 'command' | 'sign';
  readonly text: string;
  readonly value?: Rational;
  readonly decimals?: number;
  /** Whether blanks precede it. */
  readonly isSpaced: boolean;
}

const SPACE = /\s+/y;
/** One thousands separator throughout; a decimal part, perhaps with a repeating end; an exponent. */
const NUMBER = /(?:\d{1,3}(?:,\d{3})+(?!\d)|\d{1,3}(?:,\d{2})+,\d{3}(?!\d)|\d{1,3}(?: \d{3})+(?!\d)|\d+)?(?:\.(\d+)(?!\d)|\.(?!\d))?/y;
const REPEATING = /\.(\d*)(?:\\overline\s*\{\s*(\d+)\s*\}|\\(?:bar|dot)\s*\{\s*(\d+)\s*\}|\((\d+)\)|\\dot\s*(\d))/y;
const EXPONENT = /[eE]([+-]?\d{1,5})(?![\da-zA-Z.])/y;
const WORD = /[a-zA-Z]+/y;
const COMMAND = /\\([a-zA-Z]+|[{}|])/y;

/** Splits an expression into tokens. Throws UnreadableExpression at a sign that no expression has. */
export function tokens(text: string): Token[] {
  const found: Token[] = [];
  let at = 0;
  const read = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null || match[0] === '') return null;
    at += match[0].length;
    return match;
  };
  while (at < text.length) {
    const isSpaced = read(SPACE) !== null;
    if (at >= text.length) break;
    if (/[\d.]/.test(text.charAt(at))) {
      found.push({ kind: 'number', ...number(text, read, () => at), isSpaced });
      continue;
    }
    const command = read(COMMAND);
    if (command !== null) found.push({ kind: 'command', text: itemAt(command, 1), isSpaced });
    else {
      const word = read(WORD);
      if (word !== null) found.push({ kind: 'word', text: word[0], isSpaced });
      else if ('+-*/^_(){}[]|!°,√='.includes(text.charAt(at))) found.push({ kind: 'sign', text: text.charAt(at++), isSpaced });
      else throw new UnreadableExpression(`"${text[at]}" is not part of an expression`);
    }
  }
  return found;
}

function number(
  text: string,
  read: (pattern: RegExp) => RegExpExecArray | null,
  position: () => number,
): { text: string; value: Rational; decimals?: number } {
  const start = position();
  const whole = read(/\d+(?=\.\d*(?:\\(?:overline|bar|dot)|\(\d))/y)?.[0] ?? '';
  const repeating = read(REPEATING);
  if (repeating !== null) {
    const fixed = itemAt(repeating, 1);
    const period = mustHave(
      repeating.slice(2).find((group) => group !== undefined),
      'period',
    );
    const nines = BigInt('9'.repeat(period.length)) * 10n ** BigInt(fixed.length);
    return {
      text: text.slice(start, position()),
      value: { num: BigInt(whole + fixed + period) - BigInt(whole + fixed || '0'), den: nines },
    };
  }
  const match = whole === '' ? read(NUMBER) : null;
  if (match === null || match[0] === '.') throw new UnreadableExpression('a number is not readable');
  const decimals = match[1]?.length;
  const exponent = Number(read(EXPONENT)?.[1] ?? '0');
  const digits = match[0].replace(/[, ]/g, '').replace(/\.$/, '');
  const value = fromDecimal(`${digits.startsWith('.') ? `0${digits}` : digits}e${exponent}`);
  const left = decimals === undefined ? undefined : decimals - exponent;
  return { text: text.slice(start, position()), value, ...(left !== undefined && left > 0 && { decimals: left }) };
}
