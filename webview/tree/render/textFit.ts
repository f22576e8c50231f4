import { drawingContext } from '../../shared/element.js';

/** Cuts texts to a width in pixels with an ellipsis, or to nothing if no word is left. Caches canvas measurements. */
export interface TextFit {
  /** Text's width, in pixels. */
  width(text: string): number;
  cut(text: string, pixels: number): string;
  /** At most `lines` lines broken at blanks, the last one cut. */
  wrap(text: string, pixels: number, lines: number): string[];
}

/** A cut text is legible only with at least two letters or digits. */
const LEGIBLE = /[\p{L}\p{N}].*[\p{L}\p{N}]/su;

export function createTextFit(document: Document, font: string): TextFit {
  const context = drawingContext(document.createElement('canvas'));
  context.font = font;
  const seen = new Map<string, string>();
  const width = (text: string) => context.measureText(text).width;
  const fitting = (text: string, pixels: number) => {
    let low = 0;
    let high = Math.min(text.length, Math.ceil(pixels / 3));
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (width(text.slice(0, middle)) <= pixels) low = middle;
      else high = middle - 1;
    }
    return low;
  };
  const cut = (text: string, pixels: number) => {
    const key = `${Math.round(pixels)} ${text}`;
    const known = seen.get(key);
    if (known !== undefined) return known;
    const whole = fitting(text, pixels);
    const start = whole >= text.length ? text : text.slice(0, fitting(text, pixels - width('…'))).trimEnd();
    const result = whole >= text.length ? text : LEGIBLE.test(start) ? `${start}…` : '';
    if (seen.size > 5_000) seen.clear();
    seen.set(key, result);
    return result;
  };
  return {
    width,
    cut,
    wrap(text, pixels, lines) {
      const out: string[] = [];
      let rest = text;
      while (out.length < lines - 1 && rest !== '') {
        const end = fitting(rest, pixels);
        if (end >= rest.length) break;
        const space = rest.lastIndexOf(' ', end);
        const at = space > 0 ? space : end;
        out.push(rest.slice(0, at));
        rest = rest.slice(at).trimStart();
      }
      if (rest !== '') out.push(cut(rest, pixels));
      return out;
    },
  };
}
