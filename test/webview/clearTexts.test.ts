import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Box, clearTexts, type TextBox } from '../../webview/tree/layout/clearTexts.js';

const text = (left: number, top: number, more: Partial<TextBox> = {}): TextBox => ({
  owner: 0,
  left,
  right: left + 100,
  top,
  bottom: top + 12,
  rank: 1,
  isCut: true,
  isNext: false,
  ...more,
});

const isOver = (one: Box, two: Box) =>
  one.left < two.right - 0.5 && one.right > two.left + 0.5 && one.top < two.bottom - 0.5 && one.bottom > two.top + 0.5;

const boxes = fc.record({
  owner: fc.nat(5),
  left: fc.integer({ min: -50, max: 300 }),
  top: fc.integer({ min: -50, max: 120 }),
  width: fc.integer({ min: 1, max: 160 }),
  rank: fc.nat(3),
  isCut: fc.boolean(),
});

describe('clearTexts', () => {
  it('keeps texts that cover nothing', () => {
    expect([...clearTexts([text(0, 0), text(0, 12), text(100, 0)], [])]).toEqual([100, 100, 100]);
  });

  it('shortens a text before an obstacle if it may be cut, and leaves it out otherwise', () => {
    const value = text(60, 4, { rank: 0, isCut: false });
    expect([...clearTexts([text(0, 0), value], [])]).toEqual([56, 100]);
    expect([...clearTexts([text(0, 0, { isCut: false }), value], [])]).toEqual([0, 100]);
    expect([...clearTexts([text(80, 0), value], [])]).toEqual([0, 100]);
  });

  it('leaves out the lines after a shortened line', () => {
    const mark = { owner: 1, left: 50, right: 60, top: 0, bottom: 10 };
    expect([...clearTexts([text(0, 0), text(0, 15, { isNext: true }), text(0, 30, { isNext: true })], [mark])]).toEqual([46, 0, 0]);
  });

  it('lets a text cover the mark of its own node only', () => {
    const mark = { owner: 0, left: 50, right: 60, top: 0, bottom: 10 };
    expect([...clearTexts([text(0, 0), text(0, 20)], [mark])]).toEqual([100, 100]);
    expect([...clearTexts([text(0, 0, { owner: 2 })], [mark])]).toEqual([46]);
  });

  it('never leaves a text over another one or over a mark of another owner', () => {
    fc.assert(
      fc.property(fc.array(boxes, { maxLength: 40 }), fc.array(boxes, { maxLength: 8 }), (some, others) => {
        const texts = some.map(({ width, ...box }) => ({ ...box, right: box.left + width, bottom: box.top + 12, isNext: false }));
        const marks = others.map(({ owner, left, top }) => ({ owner, left, right: left + 10, top, bottom: top + 10 }));
        const rooms = clearTexts(texts, marks);
        const shown = texts.map((box, i) => ({ ...box, right: box.left + rooms[i]! })).filter((_, i) => rooms[i]! > 0);
        for (const [i, one] of shown.entries()) {
          expect(marks.filter((mark) => mark.owner !== one.owner && isOver(one, mark))).toEqual([]);
          expect(shown.slice(i + 1).filter((two) => isOver(one, two))).toEqual([]);
        }
        texts.forEach((box, i) => {
          expect(rooms[i]).toBeLessThanOrEqual(box.right - box.left);
          if (!box.isCut) expect([0, box.right - box.left]).toContain(rooms[i]);
        });
      }),
      { numRuns: 200 },
    );
  });
});
