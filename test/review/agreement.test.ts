import { describe, expect, it } from 'vitest';
import { cohenKappa, confusion, fleissKappa, krippendorffAlpha, type Ratings } from '../../server/review/agreement.js';

/** The example of Krippendorff (2011): four observers, twelve units, missing ratings as undefined. */
const _ = undefined;
const krippendorff: readonly Ratings[] = [
  [1, 2, 3, 3, 2, 1, 4, 1, 2, _, _, _],
  [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, _, 3],
  [_, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, _],
  [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, _],
];

describe('a coefficient of agreement', () => {
  it.each([
    ['nominal', 0.743],
    ['ordinal', 0.815],
    ['interval', 0.849],
  ] as const)("is Krippendorff's alpha of his own example for %s differences", (metric, alpha) => {
    expect(krippendorffAlpha(krippendorff, metric)).toBeCloseTo(alpha, 3);
  });

  it("is Fleiss' kappa of the textbook example with 14 raters, 10 subjects and 5 categories", () => {
    const rows = [
      [0, 0, 0, 0, 14],
      [0, 2, 6, 4, 2],
      [0, 0, 3, 5, 6],
      [0, 3, 9, 2, 0],
      [2, 2, 8, 1, 1],
      [7, 7, 0, 0, 0],
      [3, 2, 6, 3, 0],
      [2, 5, 3, 2, 2],
      [6, 5, 2, 1, 0],
      [0, 2, 2, 3, 7],
    ];
    const units = rows.map((row) => row.flatMap((n, category) => Array.from({ length: n }, () => category)));
    const raters = Array.from({ length: 14 }, (_, rater) => units.map((unit) => unit[rater]));
    expect(fleissKappa(raters)).toBeCloseTo(0.21, 3);
  });

  it("is Cohen's kappa over the units that both raters judged", () => {
    const pairs = [
      [20, 1, 1],
      [5, 1, 0],
      [10, 0, 1],
      [15, 0, 0],
    ].flatMap(([n, left, right]) => Array.from({ length: n! }, () => [left, right] as const));
    const a: Ratings = [...pairs.map(([left]) => left), 1, undefined];
    const b: Ratings = [...pairs.map(([, right]) => right), undefined, 0];
    expect(cohenKappa(a, b)).toBeCloseTo(0.4, 10);
    expect(confusion(a, b)).toMatchObject({
      categories: [0, 1],
      counts: [
        [15, 10],
        [5, 20],
      ],
    });
    expect(confusion(a, b).units[1]?.[0]).toEqual([20, 21, 22, 23, 24]);
  });

  it('is 1 for raters who always agree, and NaN for raters who use one category only or share no unit', () => {
    expect(cohenKappa([1, 0, 1], [1, 0, 1])).toBe(1);
    expect(
      krippendorffAlpha(
        [
          [1, 0],
          [1, 0],
        ],
        'nominal',
      ),
    ).toBe(1);
    expect(cohenKappa([1, 1], [1, 1])).toBeNaN();
    expect(cohenKappa([1, undefined], [undefined, 1])).toBeNaN();
    expect(krippendorffAlpha([[1], [undefined]], 'nominal')).toBeNaN();
    expect(fleissKappa([])).toBeNaN();
  });
});
