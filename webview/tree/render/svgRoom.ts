import { itemAt } from '../../../server/reasoning/present.js';
import { clearTexts, type MarkBox, type TextBox } from '../layout/clearTexts.js';
import type { Fits } from './svgParts.js';
import type { TextFit } from './textFit.js';

/** A text as it was drawn, with its place in its group. */
export interface WrittenText {
  readonly element: SVGElement;
  readonly text: string;
  readonly width: number;
  readonly x: number;
  readonly top: number;
  readonly bottom: number;
  readonly rank: number;
  readonly isNext: boolean;
  readonly cut?: (pixels: number) => string;
}

/** A node or block of the drawing: where it is, how far its mark reaches, and its texts. Pixels. */
export interface WrittenGroup {
  readonly x: number;
  readonly y: number;
  readonly reach: number;
  readonly isSelected: boolean;
  readonly texts: readonly WrittenText[];
}

/** Classes of texts, in the order in which they get their room. */
const RANKS = ['value', 'fold-text', 'block-count', 'name', 'flag', 'right', 'wrong', 'note', 'quiet', 'words'] as const;

/** The texts of a node or block, without a fold mark under the pointer, which may cover anything. */
export function writtenTexts(parts: readonly SVGElement[], fit: Fits): WrittenText[] {
  const texts = parts.filter(({ tagName }) => tagName === 'text');
  return texts.flatMap((element, i): WrittenText[] => {
    const classes = element.classList;
    const isFold = classes.contains('fold-text');
    const text = element.textContent;
    if (text === '' || (isFold && !text.startsWith('+'))) return [];
    const rank = RANKS.findIndex((name) => classes.contains(name));
    const isWords = classes.contains('words');
    const { width, top, bottom, cut } = look(element, text, fit);
    const number = (name: string) => Number(element.getAttribute(name) ?? 0);
    const x = number('x') - (isFold || element.getAttribute('text-anchor') === 'middle' ? width / 2 : 0);
    const y = number('y');
    const isNext = isWords && texts[i - 1]?.classList.contains('words') === true;
    return [{ element, text, width, x, top: y + top, bottom: y + bottom, rank, isNext, ...(cut && { cut }) }];
  });
}

interface Look extends Pick<WrittenText, 'width' | 'cut'> {
  /** Above and below `y`. */
  readonly top: number;
  readonly bottom: number;
}

/** The room that the letters of a text take. */
function look(element: SVGElement, text: string, fit: Fits): Look {
  const classes = element.classList;
  if (classes.contains('glyph')) {
    const size = classes.contains('small') ? 11 : classes.contains('quiet') ? 12 : 14;
    return { width: size, top: -size, bottom: 0.5 };
  }
  const isMiddle = element.hasAttribute('dy');
  const isSmall = ['small', 'note', 'name', 'fold-text', 'block-count'].some((name) => classes.contains(name));
  const of = classes.contains('value') ? fit.strong : isSmall ? fit.small : fit.body;
  const place = isMiddle ? { top: -5, bottom: 6.5 } : { top: -9, bottom: 3 };
  const cut = classes.contains('name')
    ? (pixels: number) => cutName(of, text, pixels)
    : classes.contains('words')
      ? (pixels: number) => of.cut(text, pixels)
      : undefined;
  return { width: of.width(text), ...place, ...(cut && { cut }) };
}

/** A value and the words after it, cut to a width in pixels. A value that does not fit is left out. */
export function cutName(fit: TextFit, text: string, pixels: number): string {
  const end = text.indexOf(' ');
  const value = text.slice(0, end);
  const rest = fit.cut(text.slice(end + 1), pixels - fit.width(`${value} `));
  return rest !== '' ? `${value} ${rest}` : fit.width(value) <= pixels ? value : '';
}

/** Shortens or hides texts that would overlap other texts or marks, and restores texts that have room again. */
export function clearDrawing(groups: readonly WrittenGroup[]): void {
  const marks: MarkBox[] = [];
  const texts: WrittenText[] = [];
  const boxes: TextBox[] = [];
  groups.forEach(({ x, y, reach, isSelected, texts: own }, owner) => {
    if (reach > 0) marks.push({ owner, left: x - reach, right: x + reach, top: y - reach, bottom: y + reach });
    for (const text of own) {
      const left = x + text.x;
      const { cut, isNext } = text;
      const rank = text.rank - (isSelected ? RANKS.length : 0);
      texts.push(text);
      boxes.push({
        owner,
        left,
        right: left + text.width,
        top: y + text.top,
        bottom: y + text.bottom,
        rank,
        isCut: cut !== undefined,
        isNext,
      });
    }
  });
  clearTexts(boxes, marks).forEach((room, i) => {
    const { element, text, width, cut } = itemAt(texts, i);
    const shown = room >= width ? text : room > 0 && cut ? cut(room) : '';
    if (element.textContent !== shown) element.textContent = shown;
  });
}
