import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ExpressionError, type ExpressionValue, parseExpression } from '../../server/reasoning/expression.js';

const fields: Readonly<Record<string, ExpressionValue>> = {
  mc: 0.25,
  prm: 0.9,
  total: 16,
  'verdict.method': 'judge',
  text: 'so 55 / 7 = 7',
  assumed: false,
};
const evaluate = (source: string): ExpressionValue => parseExpression(source)((name) => fields[name]);

describe('the debugger expression parser `parseExpression`', () => {
  it.each([
    ['prm - mc > 0.5', true],
    ['mc == 0.25 && total >= 16', true],
    ["verdict.method == 'judge'", true],
    ['verdict.method != "rule"', true],
    ["text ~ '55'", true],
    ["text ~ '56'", false],
    ['!assumed', true],
    ['1 + 2 * 3 - 4 / 2 % 3', 5],
    ['-(mc - 1) * 4', 3],
    ['(1 < 2) == true', true],
    ['max(mc, prm, 0.5)', 0.9],
    ['abs(mc - prm)', 0.65],
    ['length(text)', 13],
    ['mc < 0.1 || prm > 0.5 && total > 100', false],
  ])('evaluates %s', (source, value) => {
    const found = evaluate(source);
    if (typeof value === 'number') expect(found).toBeCloseTo(value, 10);
    else expect(found).toBe(value);
  });

  it('treats an unknown name as missing, not as 0', () => {
    expect(evaluate('judge < 0.5')).toBe(false);
    expect(evaluate('judge >= 0.5')).toBe(false);
    expect(evaluate('judge + 1')).toBeUndefined();
    expect(evaluate('min(judge, mc)')).toBe(0.25);
    expect(evaluate('mc < "0.5"')).toBe(false);
  });

  it.each([
    ['mc <', 'the expression is not complete at character 5'],
    ['mc 3', '"3" is not expected at character 4'],
    ['(mc', '")" is missing at character 4'],
    ['sqrt(2)', 'there is no function "sqrt"; there are abs, min, max, length at character 1'],
    ['mc = 3', '"=" is not part of an expression at character 4'],
    ['', 'the expression is not complete at character 1'],
  ])('reports what is wrong with %s', (source, message) => {
    expect(() => parseExpression(source)).toThrow(
      new ExpressionError(message.replace(/ at character \d+$/, ''), Number(/\d+$/.exec(message)![0]) - 1),
    );
  });

  it('refuses an expression that is nested too deep', () => {
    for (const deep of ['('.repeat(5000), '!'.repeat(5000), 'abs('.repeat(5000)])
      expect(() => parseExpression(`${deep}1`)).toThrow('nested too deep');
  });

  it('either evaluates a text or throws ExpressionError', () => {
    const part = fc.constantFrom('mc', 'prm', '1', '.5', "'a'", '(', ')', '+', '-', '&&', '||', '==', '<', '!', ',', 'min(', ' ', '@', '~');
    fc.assert(
      fc.property(fc.array(part, { maxLength: 30 }), (parts) => {
        try {
          evaluate(parts.join(''));
        } catch (error) {
          expect(error).toBeInstanceOf(ExpressionError);
        }
      }),
    );
  });
});
