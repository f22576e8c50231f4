/** A part of the drawing, in pixels. */
export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** A text, and who draws it. */
export interface TextBox extends Box {
  readonly owner: number;
  /** Texts of a lower rank get their room first; of one rank, the one that comes first. */
  readonly rank: number;
  /** It may be shortened from its right; other texts are written as a whole or not at all. */
  readonly isCut: boolean;
  /** It goes on from the text before it: where that one is shortened, it is left out. */
  readonly isNext: boolean;
}

export interface MarkBox extends Box {
  readonly owner: number;
}

/** A shortened text ends this far before what is right of it, in pixels. */
const GAP = 4;
/** Boxes that share no more than this touch nobody's letters. Pixels. */
const TOUCH = 0.5;
/** Height of the bands in which what is near a text is looked up, in pixels. */
const BAND = 24;

/**
 * The width that each text has to itself, so that no text is over another one or over a mark of another owner: its own width where
 * nothing is in its way, less where it has to be shortened, 0 where it has to be left out.
 */
export function clearTexts(texts: readonly TextBox[], marks: readonly MarkBox[]): Float64Array {
  const claimed = new Map<number, MarkBox[]>();
  const bandsOf = ({ top, bottom }: Box) => {
    const first = Math.floor(top / BAND);
    return Array.from({ length: Math.floor(bottom / BAND) - first + 1 }, (_, i) => first + i);
  };
  const claim = (box: MarkBox) => {
    for (const band of bandsOf(box)) {
      const known = claimed.get(band);
      if (known === undefined) claimed.set(band, [box]);
      else known.push(box);
    }
  };
  const markSet = new Set<MarkBox>(marks);
  for (const mark of marks) claim(mark);
  const rooms = new Float64Array(texts.length);
  const order = texts.map((_, i) => i).sort((a, b) => texts[a]!.rank - texts[b]!.rank || a - b);
  for (const at of order) {
    const text = texts[at]!;
    const width = text.right - text.left;
    let room = width;
    if (text.isNext && rooms[at - 1]! < texts[at - 1]!.right - texts[at - 1]!.left) room = 0;
    for (const band of room === 0 ? [] : bandsOf(text))
      for (const other of claimed.get(band) ?? []) {
        if (other.owner === text.owner && markSet.has(other)) continue;
        if (!isOver(text, other)) continue;
        room = Math.min(room, text.isCut ? Math.max(0, other.left - GAP - text.left) : 0);
      }
    rooms[at] = room;
    if (room > 0) claim({ ...text, right: text.left + room });
  }
  return rooms;
}

function isOver(one: Box, two: Box): boolean {
  return one.left < two.right - TOUCH && one.right > two.left + TOUCH && one.top < two.bottom - TOUCH && one.bottom > two.top + TOUCH;
}
