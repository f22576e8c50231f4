/** The value of an expression: `undefined` for an unknown name, for which only `==` and `!=` can be true. */
export type ExpressionValue = number | string | boolean | undefined;

/** Looks a name up, such as `mc` or `verdict.method`. */
export type Lookup = (name: string) => ExpressionValue;

export type Expression = (lookup: Lookup) => ExpressionValue;

/** The text is not an expression; `at` is the offset of the mistake. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError';

  constructor(
    message: string,
    readonly at: number,
  ) {
    super(`${message} at character ${at + 1}`);
  }
}

interface Token {
  readonly kind: 'number' | 'text' | 'name' | 'operator' | 'end';
  readonly text: string;
  readonly at: number;
}

const tokenPattern =
  /\s*(?:(?<number>\d+(?:\.\d+)?|\.\d+)|(?<text>'[^']*'|"[^"]*")|(?<name>[A-Za-z_][\w.]*)|(?<operator>&&|\|\||[=!<>]=|[-+*/%!<>()~,]))/y;
/** More nesting than real expressions have; the limit keeps a hostile text from exhausting the stack. */
const deepest = 100;

/**
 * The small language of conditions: numbers, 'texts', true, false, names with dots, `+ - * / %`, `== != < <= > >=`, `~`
 * (contains), `! && ||`, parentheses, and abs, min, max, length. A missing value is not 0: arithmetic with it is
 * missing, and order comparisons with it are false. Throws ExpressionError.
 */
export function parseExpression(source: string): Expression {
  const tokens = tokenize(source);
  let next = 0;
  let depth = 0;

  const peek = (): Token => tokens[next] ?? { kind: 'end', text: '', at: source.length };
  const take = (...operators: readonly string[]): string | undefined => {
    const token = peek();
    if (token.kind !== 'operator' || !operators.includes(token.text)) return undefined;
    next++;
    return token.text;
  };
  const expect = (operator: string): void => {
    if (take(operator) === undefined) throw new ExpressionError(`"${operator}" is missing`, peek().at);
  };
  const nested = <T>(parse: () => T): T => {
    if (++depth > deepest) throw new ExpressionError('the expression is nested too deep', peek().at);
    const result = parse();
    depth--;
    return result;
  };
  /** Parses one level of binary operators. Level 0 binds the least. */
  const level = (at: number): Expression => {
    const operators = levels[at];
    if (operators === undefined) return unary();
    let left = level(at + 1);
    for (let operator = take(...Object.keys(operators)); operator !== undefined; operator = take(...Object.keys(operators))) {
      const [a, b, apply] = [left, level(at + 1), operators[operator]];
      left = (lookup) => apply?.(a, b, lookup);
    }
    return left;
  };
  const unary = (): Expression =>
    nested(() => {
      const operator = take('!', '-');
      if (operator === undefined) return primary();
      const operand = unary();
      return operator === '!' ? (lookup) => !truth(operand(lookup)) : (lookup) => number(operand(lookup), (value) => -value);
    });
  const primary = (): Expression => {
    const token = peek();
    if (take('(') !== undefined) {
      const inner = nested(() => level(0));
      expect(')');
      return inner;
    }
    next++;
    if (token.kind === 'number') return constant(Number(token.text));
    if (token.kind === 'text') return constant(token.text.slice(1, -1));
    if (token.kind !== 'name')
      throw new ExpressionError(token.kind === 'end' ? 'the expression is not complete' : `"${token.text}" is not a value`, token.at);
    if (token.text === 'true' || token.text === 'false') return constant(token.text === 'true');
    return take('(') === undefined ? (lookup) => lookup(token.text) : call(token);
  };
  const call = ({ text, at }: Token): Expression => {
    const apply = functions[text];
    if (apply === undefined)
      throw new ExpressionError(`there is no function "${text}"; there are ${Object.keys(functions).join(', ')}`, at);
    const parameters: Expression[] = [];
    if (take(')') !== undefined) return (lookup) => apply(parameters.map((one) => one(lookup)));
    do parameters.push(nested(() => level(0)));
    while (take(',') !== undefined);
    expect(')');
    return (lookup) => apply(parameters.map((one) => one(lookup)));
  };

  const whole = level(0);
  if (peek().kind !== 'end') throw new ExpressionError(`"${peek().text}" is not expected`, peek().at);
  return whole;
}

/** Whether a value counts as true: true, a number other than 0, a text that is not empty. */
export function truth(value: ExpressionValue): boolean {
  return value !== undefined && value !== false && value !== 0 && value !== '' && !Number.isNaN(value);
}

type Binary = (a: Expression, b: Expression, lookup: Lookup) => ExpressionValue;

function compare(test: (a: number | string, b: number | string) => boolean): Binary {
  return (a, b, lookup) => {
    const [left, right] = [a(lookup), b(lookup)];
    return typeof left === typeof right && (typeof left === 'number' || typeof left === 'string') && test(left, right as typeof left);
  };
}

function arithmetic(apply: (a: number, b: number) => number): Binary {
  return (a, b, lookup) => number(a(lookup), (left) => number(b(lookup), (right) => apply(left, right)));
}

function number(value: ExpressionValue, apply: (value: number) => number | undefined): number | undefined {
  return typeof value === 'number' ? apply(value) : undefined;
}

/** Operators by level, from those that bind the least to those that bind the most. */
const levels: readonly Readonly<Record<string, Binary>>[] = [
  { '||': (a, b, lookup) => truth(a(lookup)) || truth(b(lookup)) },
  { '&&': (a, b, lookup) => truth(a(lookup)) && truth(b(lookup)) },
  {
    '==': (a, b, lookup) => a(lookup) === b(lookup),
    '!=': (a, b, lookup) => a(lookup) !== b(lookup),
    '<': compare((a, b) => a < b),
    '<=': compare((a, b) => a <= b),
    '>': compare((a, b) => a > b),
    '>=': compare((a, b) => a >= b),
    '~': (a, b, lookup) => {
      const [text, part] = [a(lookup), b(lookup)];
      return typeof text === 'string' && typeof part === 'string' && text.includes(part);
    },
  },
  { '+': arithmetic((a, b) => a + b), '-': arithmetic((a, b) => a - b) },
  { '*': arithmetic((a, b) => a * b), '/': arithmetic((a, b) => a / b), '%': arithmetic((a, b) => a % b) },
];

const functions: Readonly<Record<string, (values: readonly ExpressionValue[]) => ExpressionValue>> = {
  abs: ([value]) => number(value, Math.abs),
  min: (values) => extreme(values, Math.min),
  max: (values) => extreme(values, Math.max),
  length: ([value]) => (typeof value === 'string' ? value.length : undefined),
};

function extreme(values: readonly ExpressionValue[], of: (...values: number[]) => number): number | undefined {
  const numbers = values.filter((value) => typeof value === 'number');
  return numbers.length > 0 ? of(...numbers) : undefined;
}

function constant(value: ExpressionValue): Expression {
  return () => value;
}

function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  tokenPattern.lastIndex = 0;
  for (let at = 0; source.slice(at).trim() !== ''; at = tokenPattern.lastIndex) {
    tokenPattern.lastIndex = at;
    const found = tokenPattern.exec(source);
    const start = at + (/^\s*/.exec(source.slice(at))?.[0].length ?? 0);
    if (found === null) throw new ExpressionError(`"${source.slice(start, start + 1)}" is not part of an expression`, start);
    const [kind, text] = Object.entries(found.groups ?? {}).find(([, value]) => value !== undefined) as [Token['kind'], string];
    tokens.push({ kind, text, at: start });
  }
  return tokens;
}
