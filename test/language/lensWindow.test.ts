import { describe, expect, it } from 'vitest';
import { codeLens } from '../../server/language/codeLens.js';
import { isWithin, lensWindow } from '../../server/language/lensWindow.js';
import type { ScoredDocument } from '../../server/language/scoredDocument.js';
import { scored, sketch } from './fixture.js';

/** Problems with `solutions` solutions of one step: each takes a line for its question and one a step. */
function candidates(problems: number, solutions: number): ScoredDocument {
  return scored(
    sketch(
      Array.from({ length: problems }, (_, i) => ({
        question: `q${i}`,
        solutions: Array.from({ length: solutions }, (_unused, s) => [`${i} ${s}`]),
      })),
    ),
    Array.from({ length: problems }, () => Array.from({ length: solutions }, () => 0.3)),
  );
}

const seen = (first: number, last: number) => ({ start: { line: first, character: 0 }, end: { line: last, character: 0 } });

describe('the code lenses of a large file of candidates', () => {
  const document = candidates(100, 16);
  const lines = 17;

  it('are those of the problems in sight and of some hundred solutions around them', () => {
    const all = codeLens(document);
    for (const problem of [0, 50, 99]) {
      const window = lensWindow(document, seen(problem * lines, problem * lines + 40));
      expect(window.from).toBeLessThanOrEqual(problem);
      expect(window.to).toBeGreaterThan(Math.min(98, problem + 2));
      expect(window.to - window.from).toBeLessThan(40);
      const lenses = codeLens(document, [], window);
      expect(lenses.length).toBeGreaterThan(150);
      expect(lenses.length).toBeLessThan(350);
      expect(lenses).toEqual(all.filter(({ range }) => range.start.line >= window.from * lines && range.start.line < window.to * lines));
    }
  });

  it('stay while one scrolls a little, and move before their end is in sight', () => {
    const window = lensWindow(document, seen(50 * lines, 52 * lines));
    expect(isWithin(document, seen(51 * lines, 54 * lines), window)).toBe(true);
    expect(isWithin(document, seen((window.to - 1) * lines, window.to * lines), window)).toBe(false);
    expect(isWithin(document, seen(0, 20), window)).toBe(false);
    const atEnd = lensWindow(document, seen(100 * lines, 100 * lines + 5));
    expect(atEnd.to).toBe(100);
    expect(isWithin(document, seen(99 * lines, 200 * lines), atEnd)).toBe(true);
  });

  it('are all there in a file with fewer solutions, and where one problem is in sight alone', () => {
    expect(lensWindow(candidates(11, 16), seen(0, 10))).toEqual({ from: 0, to: 11 });
    expect(lensWindow(candidates(1, 3000), seen(1500, 1540))).toEqual({ from: 0, to: 1 });
    expect(lensWindow(candidates(0, 0), seen(0, 10))).toEqual({ from: 0, to: 0 });
  });
});
