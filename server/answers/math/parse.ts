// Over 400 lines: the productions of one grammar, which call each other.
import { itemAt, mustHave } from '../../reasoning/present.js';
import { FUNCTIONS, type FunctionName, type MathExpression, substituted, UnreadableExpression } from './expression.js';
import { isWhole, type Rational, rational } from './rational.js';
import { type Token, tokens } from './tokens.js';

/** How to read what an expression leaves open; see `isAmbiguous`. */
export interface Reading {
  /** `1/2x`: x/2, or 1/(2x). */
  readonly looseDivision: boolean;
}

const MAX_DEPTH = 60;
const MAX_TOKENS = 600;
/** The most written-out terms of a sum, and the most parts of all its terms together, because sums can be nested. */
const MAX_TERMS = 100n;
const MAX_PARTS = 4000;
const GREEK =
  'alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi rho sigma tau phi varphi chi psi omega Gamma Delta Theta Lambda Sigma Phi Psi Omega ell'.split(
    ' ',
  );
const SYNONYMS: Readonly<Record<string, FunctionName>> = {
  cbrt: 'root',
  asin: 'arcsin',
  acos: 'arccos',
  atan: 'arctan',
  lg: 'log',
  ctg: 'cot',
  tg: 'tan',
  cosec: 'csc',
};
const INVERSE: Readonly<Record<string, FunctionName>> = { sin: 'arcsin', cos: 'arccos', tan: 'arctan' };
/** Functions that need no brackets. */
const PREFIX = new Set<string>(
  [...FUNCTIONS, ...Object.keys(SYNONYMS)].filter(
    (name) => !['abs', 'floor', 'ceil', 'factorial', 'binomial', 'root', 'gcd', 'lcm', 'max', 'min', 'mod'].includes(name),
  ),
);
const CALLED = new Set(['abs', 'floor', 'ceil', 'gcd', 'lcm', 'max', 'min', 'cbrt']);
const TIMES = new Set(['times', 'cdot', 'ast']);

/** Reads an expression in LaTeX or as it is typed. Throws UnreadableExpression when any part of it is in doubt. */
export function parseMath(text: string, reading: Reading = { looseDivision: false }): MathExpression {
  const all = tokens(text);
  if (all.length > MAX_TOKENS) throw new UnreadableExpression('the expression is too long');
  const parser = new Parser(all, reading);
  const expression = parser.whole();
  return expression;
}

/** Whether another reading of the text exists: `1/2x`. */
export function isAmbiguous(text: string): boolean {
  return /\d\s*\/\s*\d+\s*(?:[a-zA-Z]|\\(?:pi|sqrt)|\()/.test(text);
}

class Parser {
  readonly #tokens: readonly Token[];
  readonly #reading: Reading;
  #at = 0;
  #depth = 0;
  #bars = 0;

  constructor(all: readonly Token[], reading: Reading) {
    this.#tokens = all;
    this.#reading = reading;
  }

  whole(): MathExpression {
    const expression = this.#fraction();
    this.#end();
    return expression;
  }

  #end(): void {
    if (this.#at < this.#tokens.length) throw new UnreadableExpression(`"${itemAt(this.#tokens, this.#at).text}" is not expected`);
  }

  #sum(): MathExpression {
    if (++this.#depth > MAX_DEPTH) throw new UnreadableExpression('the expression is nested too deeply');
    let left = this.#product();
    for (;;) {
      if (this.#sign('+')) left = binary('add', left, this.#product());
      else if (this.#sign('-')) left = binary('add', left, negated(this.#product()));
      else break;
    }
    this.#depth--;
    return left;
  }

  #product(): MathExpression {
    let isNegative = false;
    for (;;) {
      if (this.#sign('-')) isNegative = !isNegative;
      else if (!this.#sign('+')) break;
    }
    const product = this.#factors();
    return isNegative ? negated(product) : product;
  }

  #factors(): MathExpression {
    let left = this.#power();
    for (;;) {
      if (this.#sign('*') || this.#command(TIMES) || this.#isTimesLetter()) left = binary('mul', left, this.#signed());
      else if (this.#command(new Set(['bmod', 'mod'])) || this.#isModulo()) left = call('mod', left, this.#signed());
      else if (this.#sign('/') || this.#command(new Set(['div']))) left = binary('div', left, this.#divisor());
      else if (this.#startsFactor()) left = this.#juxtaposed(left);
      else return left;
    }
  }

  /** 17 mod 5 */
  #isModulo(): boolean {
    const token = this.#tokens[this.#at];
    if (token?.kind !== 'word' || token.text !== 'mod') return false;
    this.#at++;
    return true;
  }

  /** The factor after a multiplication or division sign may have a sign: 2*-3. */
  #signed(): MathExpression {
    if (this.#sign('-')) return negated(this.#power());
    this.#sign('+');
    return this.#power();
  }

  #divisor(): MathExpression {
    let divisor = this.#signed();
    if (this.#reading.looseDivision) while (this.#startsFactor()) divisor = binary('mul', divisor, this.#power());
    return divisor;
  }

  /** A factor without a sign before it: 2x, or the fraction of a mixed number. */
  #juxtaposed(left: MathExpression): MathExpression {
    const before = itemAt(this.#tokens, this.#at - 1);
    const next = itemAt(this.#tokens, this.#at);
    const right = this.#power();
    if (before.kind !== 'number') {
      if (next.kind === 'number' && !')}]'.includes(before.text) && before.text !== '!') {
        // x2 and \pi 2 are read as products only with a blank between.
        if (!next.isSpaced) throw new UnreadableExpression('a number follows a letter');
      }
      return binary('mul', left, right);
    }
    const isFraction =
      next.kind === 'command' && /^[dt]?frac$/.test(next.text) && right.op === 'div' && right.args.every((arg) => arg.op === 'number');
    const isTyped =
      next.kind === 'number' && next.isSpaced && this.#tokens[this.#at]?.text === '/' && this.#tokens[this.#at + 1]?.kind === 'number';
    if (!isFraction && !isTyped) {
      if (next.kind === 'number') throw new UnreadableExpression('two numbers are side by side');
      return binary('mul', left, right);
    }
    const whole = left.op === 'number' ? left.value : undefined;
    const [num, den] = isFraction ? right.args.map(valueOf) : [valueOf(right), this.#typedDenominator()];
    if (
      whole === undefined ||
      num === undefined ||
      den === undefined ||
      !isWhole(whole) ||
      num.num * den.den >= den.num * num.den ||
      den.num <= 0n
    ) {
      throw new UnreadableExpression('a fraction follows a number and is not part of a mixed number');
    }
    const value = rational(whole.num * num.den * den.num + num.num * den.den * whole.den, whole.den * num.den * den.num);
    return { op: 'number', value };
  }

  #typedDenominator(): Rational | undefined {
    this.#at++;
    return itemAt(this.#tokens, this.#at++).value;
  }

  #power(): MathExpression {
    const base = this.#postfix();
    if (!this.#sign('^')) return base;
    const exponent = this.#exponent();
    return this.#factorials(binary('pow', base, exponent));
  }

  #exponent(): MathExpression {
    if (++this.#depth > MAX_DEPTH) throw new UnreadableExpression('the expression is nested too deeply');
    const exponent = this.#exponentAt();
    this.#depth--;
    return exponent;
  }

  #exponentAt(): MathExpression {
    if (this.#sign('-')) return negated(this.#exponent());
    if (this.#sign('+')) return this.#exponent();
    const token = this.#tokens[this.#at];
    // A typed ^12 means ^{12}. In LaTeX it would raise only the first character, which nobody means.
    const base = token?.text === '{' ? this.#group('{', '}') : this.#atom();
    return this.#sign('^') ? binary('pow', base, this.#exponent()) : this.#factorials(base);
  }

  #postfix(): MathExpression {
    return this.#factorials(this.#atom());
  }

  #factorials(expression: MathExpression): MathExpression {
    let result = expression;
    for (;;) {
      if (this.#sign('!')) result = call('factorial', result);
      else if (this.#sign('°')) result = binary('mul', result, binary('div', PI, whole(180n)));
      else return result;
    }
  }

  #atom(): MathExpression {
    const token = this.#tokens[this.#at];
    if (token === undefined) throw new UnreadableExpression('the expression ends early');
    if (token.kind === 'number') {
      this.#at++;
      return {
        op: 'number',
        value: mustHave(token.value, 'value of a number'),
        ...(token.decimals !== undefined && { decimals: token.decimals }),
      };
    }
    if (token.kind === 'sign') return this.#bracketed(token);
    if (token.kind === 'word') return this.#word(token.text);
    this.#at++;
    return this.#afterCommand(token.text);
  }

  #bracketed(token: Token): MathExpression {
    if (token.text === '(' || token.text === '{') return this.#group(token.text, token.text === '(' ? ')' : '}');
    if (token.text === '[') return this.#group('[', ']');
    if (token.text === '√') {
      this.#at++;
      return call('sqrt', this.#postfixOfRoot());
    }
    if (token.text !== '|' || this.#bars > 0) throw new UnreadableExpression(`"${token.text}" is not expected`);
    this.#at++;
    this.#bars++;
    const inner = this.#sum();
    this.#bars--;
    this.#expect('|');
    return call('abs', inner);
  }

  #postfixOfRoot(): MathExpression {
    return this.#atom();
  }

  /** A sum, or two of them joined by `\over` or `\choose`. */
  #fraction(): MathExpression {
    const upper = this.#sum();
    if (this.#command(new Set(['over']))) return binary('div', upper, this.#sum());
    return this.#command(new Set(['choose'])) ? call('binomial', upper, this.#sum()) : upper;
  }

  #group(open: string, close: string): MathExpression {
    this.#expect(open);
    const bars = this.#bars;
    this.#bars = 0;
    const inner = this.#fraction();
    this.#bars = bars;
    this.#expect(close);
    return inner;
  }

  /** A run of letters: a function, a Greek letter, variables side by side, or a word, which is not readable. */
  #word(text: string): MathExpression {
    this.#at++;
    if (PREFIX.has(text) || CALLED.has(text)) return this.#apply(text);
    if (text === 'cis') return this.#onCircle();
    if (text === 'pi') return PI;
    if (text === 'infinity' || text === 'inf') return INFINITY;
    if (GREEK.includes(text)) return this.#variable(text);
    if (text.length === 1) return this.#variable(text);
    const name = [...PREFIX].find((one) => one.length > 2 && text.startsWith(one) && text.length === one.length + 1);
    if (name !== undefined) {
      return this.#applyTo(name, this.#letters(text.slice(name.length)));
    }
    if (/^(?:of|in|to|is|at|on|or|no|an|as|by|it|if)$/.test(text)) throw new UnreadableExpression(`"${text}" is a word`);
    if (/^(?:[a-z]{2}|a?b?c?d?|[w]?x?y?z?|p?q?r?s?t?|[ijk]?mn)$/.test(text)) return this.#letters(text);
    if (text === 'PI') return PI;
    // A constant before a power of e.
    if (/^[A-Z]e$/.test(text) && this.#tokens[this.#at]?.text === '^') {
      return binary('mul', symbol(text.charAt(0)), binary('pow', symbol('e'), this.#exponentBehind()));
    }
    throw new UnreadableExpression(`"${text}" is a word`);
  }

  #exponentBehind(): MathExpression {
    this.#at++;
    return this.#exponent();
  }

  #letters(text: string): MathExpression {
    const names = [...text];
    let last = this.#variable(mustHave(names.pop(), 'letter'));
    // xy^2 is x(y^2).
    if (names.length > 0 && this.#sign('^')) last = binary('pow', last, this.#exponent());
    return names.reduceRight<MathExpression>((product, name) => binary('mul', symbol(name), product), last);
  }

  /** A variable with its index, which is part of its name. */
  #variable(name: string): MathExpression {
    if (!this.#sign('_')) {
      if (/^[fghFGPE]$/.test(name) && this.#tokens[this.#at]?.text === '(' && !itemAt(this.#tokens, this.#at).isSpaced) {
        throw new UnreadableExpression(`${name}(...) may be a function`);
      }
      if (this.#tokens[this.#at]?.text === "'") throw new UnreadableExpression('a prime is not readable');
      return symbol(name);
    }
    if (this.#sign('{')) {
      let index = '';
      while (this.#at < this.#tokens.length && itemAt(this.#tokens, this.#at).text !== '}') index += itemAt(this.#tokens, this.#at++).text;
      this.#expect('}');
      return { op: 'variable', name: `${name}_${index}` };
    }
    const token = this.#tokens[this.#at++];
    if (token === undefined || (token.kind !== 'number' && token.text.length > 1))
      throw new UnreadableExpression('an index is not readable');
    return { op: 'variable', name: `${name}_${token.text}` };
  }

  #afterCommand(name: string): MathExpression {
    if (/^[dtc]?frac$/.test(name)) return binary('div', this.#argument(), this.#argument());
    if (/^[dt]?binom$/.test(name)) return call('binomial', this.#argument(), this.#argument());
    if (name === 'sqrt') {
      if (this.#tokens[this.#at]?.text !== '[') return call('sqrt', this.#argument());
      const index = this.#group('[', ']');
      return call('root', this.#argument(), index);
    }
    if (CALLED.has(name)) return this.#apply(name);
    if (name === 'cis') return this.#onCircle();
    if (name === 'sum' || name === 'prod') return this.#series(name);
    if (name === 'pi') return PI;
    if (name === 'infty') return INFINITY;
    if (name === 'lfloor' || name === 'lceil') {
      const inner = this.#sum();
      if (!this.#command(new Set([name === 'lfloor' ? 'rfloor' : 'rceil']))) throw new UnreadableExpression('a bracket is not closed');
      return call(name === 'lfloor' ? 'floor' : 'ceil', inner);
    }
    if (name === 'lvert') {
      const inner = this.#sum();
      if (!this.#command(new Set(['rvert']))) throw new UnreadableExpression('a bar is not closed');
      return call('abs', inner);
    }
    if (name === '{') {
      throw new UnreadableExpression('a set is not an expression');
    }
    if (PREFIX.has(name)) return this.#apply(name);
    if (GREEK.includes(name)) return this.#variable(name);
    throw new UnreadableExpression(`\\${name} is not known`);
  }

  /** cis x = cos x + i sin x */
  #onCircle(): MathExpression {
    const angle = this.#operand();
    return binary('add', call('cos', angle), binary('mul', symbol('i'), call('sin', angle)));
  }

  /** A finite sum or product over whole numbers, term by term. */
  #series(name: 'sum' | 'prod'): MathExpression {
    this.#expect('_');
    this.#expect('{');
    const variable = this.#tokens[this.#at++];
    this.#expect('=');
    const from = valueOf(this.#sum());
    this.#expect('}');
    this.#expect('^');
    const to = valueOf(this.#argument());
    const body = this.#product();
    if (variable?.kind !== 'word' || variable.text.length !== 1 || !from || !to || !isWhole(from) || !isWhole(to))
      throw new UnreadableExpression('a sum is not finite');
    const [first, last] = [from.num / from.den, to.num / to.den];
    if (last < first || last - first >= MAX_TERMS) throw new UnreadableExpression('a sum has no terms, or too many');
    if (Number(last - first + 1n) * partsOf(body) > MAX_PARTS) throw new UnreadableExpression('a sum is too long');
    let result: MathExpression | undefined;
    for (let n = first; n <= last; n++) {
      const term = substituted(body, variable.text, whole(n));
      result = result === undefined ? term : binary(name === 'sum' ? 'add' : 'mul', result, term);
    }
    return mustHave(result, 'term of a sum');
  }

  /** The argument of a command: a group, or one digit or sign. */
  #argument(): MathExpression {
    const token = this.#tokens[this.#at];
    if (token?.text === '{') return this.#group('{', '}');
    return this.#atom();
  }

  #apply(name: string): MathExpression {
    if (name === 'sqrt' || name === 'cbrt') return this.#applyTo(name, this.#atom());
    let raised: MathExpression | undefined;
    let base: MathExpression | undefined;
    for (;;) {
      if (raised === undefined && this.#sign('^')) raised = this.#exponent();
      else if (base === undefined && name === 'log' && this.#sign('_')) base = this.#argument();
      else break;
    }
    if (CALLED.has(name)) {
      // \max\{3, 5\}
      const isBraced = this.#command(new Set(['{']));
      if (!isBraced) this.#expect('(');
      const args = [this.#sum()];
      while (this.#sign(',')) args.push(this.#sum());
      if (isBraced && !this.#command(new Set(['}']))) throw new UnreadableExpression('a brace is not closed');
      if (!isBraced) this.#expect(')');
      return { op: 'call', name: name as FunctionName, args };
    }
    const inner = this.#operand();
    if (base !== undefined) {
      const quotient = binary('div', call('ln', inner), call('ln', base));
      return raised === undefined ? quotient : binary('pow', quotient, raised);
    }
    const inverse = raised?.op === 'neg' && valueOf(raised.args[0])?.num === 1n ? INVERSE[name] : undefined;
    if (inverse !== undefined) return call(inverse, inner);
    const applied = this.#applyTo(name, inner);
    return raised === undefined ? applied : binary('pow', applied, raised);
  }

  #applyTo(name: string, inner: MathExpression): MathExpression {
    if (name === 'cbrt') return call('root', inner, whole(3n));
    return call(SYNONYMS[name] ?? (name as FunctionName), inner);
  }

  /** The operand of a function without brackets: the factors up to the next sign or function. */
  #operand(): MathExpression {
    if (++this.#depth > MAX_DEPTH) throw new UnreadableExpression('the expression is nested too deeply');
    const operand = this.#operandAt();
    this.#depth--;
    return operand;
  }

  #operandAt(): MathExpression {
    if (this.#sign('-')) return negated(this.#operand());
    const opening = this.#tokens[this.#at];
    if (opening?.text === '(' || opening?.text === '[')
      return this.#factorials(this.#group(opening.text, opening.text === '(' ? ')' : ']'));
    let operand = this.#power();
    while (this.#startsFactor() && !this.#startsFunction() && itemAt(this.#tokens, this.#at).text !== '(')
      operand = binary('mul', operand, this.#power());
    return operand;
  }

  #startsFunction(): boolean {
    const token = itemAt(this.#tokens, this.#at);
    return token.kind !== 'sign' && token.kind !== 'number' && token.text !== 'sqrt' && PREFIX.has(token.text);
  }

  #startsFactor(): boolean {
    const token = this.#tokens[this.#at];
    if (token === undefined) return false;
    if (token.kind === 'sign') return '({[√'.includes(token.text) || (token.text === '|' && this.#bars === 0);
    if (token.kind === 'command') return !/^(?:times|cdot|ast|div|over|choose|bmod|mod|rfloor|rceil|rvert|\}|\|)$/.test(token.text);
    return token.text !== 'mod';
  }

  /** Whether an x between numbers is a multiplication sign: 3x10^8, 3 x 4. */
  #isTimesLetter(): boolean {
    const [before, token, next] = [this.#tokens[this.#at - 1], this.#tokens[this.#at], this.#tokens[this.#at + 1]];
    if (token?.kind !== 'word' || !/^[xX]$/.test(token.text) || before?.kind !== 'number' || next?.kind !== 'number') return false;
    this.#at++;
    return true;
  }

  #sign(text: string): boolean {
    const token = this.#tokens[this.#at];
    if (token?.kind !== 'sign' || token.text !== text) return false;
    this.#at++;
    return true;
  }

  #command(names: ReadonlySet<string>): boolean {
    const token = this.#tokens[this.#at];
    if (token?.kind !== 'command' || !names.has(token.text)) return false;
    this.#at++;
    return true;
  }

  #expect(text: string): void {
    if (!this.#sign(text)) throw new UnreadableExpression(`"${text}" is missing`);
  }
}

/** How many parts an expression has. */
function partsOf(expression: MathExpression): number {
  return 'args' in expression ? expression.args.reduce((sum, arg) => sum + partsOf(arg), 1) : 1;
}

const PI: MathExpression = { op: 'constant', name: 'pi' };
const INFINITY: MathExpression = { op: 'constant', name: 'infinity' };

function symbol(name: string): MathExpression {
  return name === 'e' || name === 'i' ? { op: 'constant', name } : { op: 'variable', name };
}

function whole(n: bigint): MathExpression {
  return { op: 'number', value: { num: n, den: 1n } };
}

function negated(arg: MathExpression): MathExpression {
  return { op: 'neg', args: [arg] };
}

function binary(op: 'add' | 'mul' | 'div' | 'pow', a: MathExpression, b: MathExpression): MathExpression {
  return { op, args: [a, b] };
}

function call(name: FunctionName, ...args: MathExpression[]): MathExpression {
  return { op: 'call', name, args };
}

function valueOf(expression: MathExpression | undefined): Rational | undefined {
  return expression?.op === 'number' ? expression.value : undefined;
}
