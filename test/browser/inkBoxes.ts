import type { Page } from 'playwright-core';

/** The area of a text's letters in the drawing, in pixels of the page. */
export interface InkBox {
  readonly text: string;
  /** The node, or the block, that the text is part of. */
  readonly owner: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Returns the area of the letters of every text in the drawing, without the line's space above and below them. */
export function inkBoxes(page: Page): Promise<InkBox[]> {
  return page.evaluate(() => {
    const context = document.createElement('canvas').getContext('2d')!;
    return [...document.querySelectorAll('.drawing g.node, .drawing g.block')].flatMap((group, owner) =>
      [...group.querySelectorAll('text')]
        // Without the fold mark of the selected node: it is a button that may cover other texts.
        .filter((node) => node.textContent !== '' && node.textContent !== '−')
        .map((node) => {
          context.font = getComputedStyle(node).font;
          const text = node.textContent;
          const ink = context.measureText(text);
          const at = node.getStartPositionOfChar(0).matrixTransform(node.getScreenCTM()!);
          return {
            text,
            owner,
            left: at.x - ink.actualBoundingBoxLeft,
            right: at.x + ink.actualBoundingBoxRight,
            top: at.y - ink.actualBoundingBoxAscent,
            bottom: at.y + ink.actualBoundingBoxDescent,
          };
        }),
    );
  });
}

export interface MarkCircle {
  readonly owner: number;
  readonly x: number;
  readonly y: number;
  readonly radius: number;
}

/** Returns a circle inside each mark and ring of the drawing, whatever its shape, in pixels of the page. */
export function markCircles(page: Page): Promise<MarkCircle[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll('.drawing g.node, .drawing g.block')].flatMap((group, owner) =>
      [...group.querySelectorAll('path.mark, path.ring, path.first-low')].map((mark) => {
        const { x, y, width, height } = mark.getBoundingClientRect();
        return { owner, x: x + width / 2, y: y + height / 2, radius: 0.7 * (width / 2) };
      }),
    ),
  );
}

/** Tolerance in pixels, because the browser measures text in whole pixels. */
const ROUNDED = 0.5;

/** Pairs of texts that overlap. */
export function overlaps(boxes: readonly InkBox[]): readonly (readonly [InkBox, InkBox])[] {
  return boxes.flatMap((one, i) =>
    boxes
      .slice(i + 1)
      .filter(
        (two) =>
          two.left < one.right - ROUNDED &&
          two.right > one.left + ROUNDED &&
          two.top < one.bottom - ROUNDED &&
          two.bottom > one.top + ROUNDED,
      )
      .map((two) => [one, two] as const),
  );
}

/** Texts over a mark of another node or block. */
export function onMarks(boxes: readonly InkBox[], marks: readonly MarkCircle[]): readonly (readonly [InkBox, MarkCircle])[] {
  return boxes.flatMap((box) =>
    marks
      .filter(({ owner, x, y, radius }) => {
        const [dx, dy] = [x - Math.max(box.left, Math.min(box.right, x)), y - Math.max(box.top, Math.min(box.bottom, y))];
        return owner !== box.owner && Math.hypot(dx, dy) < radius;
      })
      .map((mark) => [box, mark] as const),
  );
}
