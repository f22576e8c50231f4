import { describe, expect, it } from 'vitest';
import { codeLens } from '../../server/language/codeLens.js';
import { isWithin, lensWindow } from '../../server/language/lensWindow.js';
import type { ScoredDocument } from '../../server/language/scoredDocument.js';
import { scored, sketch } from './fixture.js';

/** Problems with `solutions` solutions of one step. Each problem has a line for its question and a line per step. */
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

  it('are those in the visible range and two screens above and below it', () => {
    const all = codeLens(document);
    for (const line of [0, 50 * lines + 5, 99 * lines]) {
      const window = lensWindow(document, seen(line, line + 40));
      expect(window).toEqual({ first: Math.max(0, line - 82), last: line + 122 });
      const lenses = codeLens(document, [], window);
      expect(lenses.length).toBeGreaterThan(20);
      expect(lenses.length).toBeLessThan(260);
      expect(lenses).toEqual(all.filter(({ range }) => range.start.line >= window.first && range.start.line <= window.last));
    }
  });

  it('stay while the user scrolls one screen, and change before their end is visible', () => {
    const window = lensWindow(document, seen(500, 540));
    expect(isWithin(document, seen(541, 581), window)).toBe(true);
    expect(isWithin(document, seen(459, 499), window)).toBe(true);
    expect(isWithin(document, seen(550, 590), window)).toBe(false);
    expect(isWithin(document, seen(450, 490), window)).toBe(false);
    expect(isWithin(document, seen(0, 20), window)).toBe(false);
    const atEnd = lensWindow(document, seen(100 * lines - 40, 100 * lines));
    expect(isWithin(document, seen(100 * lines - 41, 100 * lines), atEnd)).toBe(true);
  });

  it('are complete for a few solutions, and limited to those around the visible range for 3,000 solutions', () => {
    const few = candidates(2, 16);
    expect(codeLens(few, [], lensWindow(few, seen(0, 10)))).toEqual(codeLens(few));
    const one = candidates(1, 3000);
    const lenses = codeLens(one, [], lensWindow(one, seen(1500, 1540)));
    expect(lenses.length).toBe(5 * 41);
    expect(codeLens(candidates(0, 0), [], lensWindow(candidates(0, 0), seen(0, 10)))).toEqual([]);
  });
});
