/** What an edit replaced: `before.slice(start, endBefore)` became `after.slice(start, endAfter)`. Offsets in UTF-16 units. */
export interface TextChange {
  readonly start: number;
  readonly endBefore: number;
  readonly endAfter: number;
}

/** Characters that are compared at once, natively. Only the piece with the difference is examined further. */
const piece = 65_536;

/** The smallest change that turns one text into another. O(length), a few milliseconds for 40 MB. */
export function changeBetween(before: string, after: string): TextChange {
  const most = Math.min(before.length, after.length);
  const start = sameLength(most, (from, to) => before.slice(from, to) === after.slice(from, to));
  const fromEnd = (text: string, from: number, to: number): string => text.slice(text.length - to, text.length - from);
  const tail = sameLength(most - start, (from, to) => fromEnd(before, from, to) === fromEnd(after, from, to));
  return { start, endBefore: before.length - tail, endAfter: after.length - tail };
}

/** The length of the longest common part of at most `most`: whole pieces first, then halves of the one that differs. */
function sameLength(most: number, isSame: (from: number, to: number) => boolean): number {
  let known = 0;
  for (let step = piece; step >= 1; step = step === piece ? piece / 2 : step / 2) {
    while (known + step <= most && isSame(known, known + step)) known += step;
  }
  return known;
}
