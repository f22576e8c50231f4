/** A part of the drawing, in pixels. */
export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** The box of a text, and the node or block that owns it. */
export interface TextBox extends Box {
  readonly owner: number;
  /** Texts of a lower rank get room first; at equal rank, the earlier text does. */
  readonly rank: number;
  /** Whether the text may be shortened at its right end. Other texts are drawn in full or not at all. */
  readonly isCut: boolean;
  /** Whether the text continues the one before it: it is left out if that one is shortened. */
  readonly isNext: boolean;
}

export interface MarkBox extends Box {
  readonly owner: number;
}

/** Distance from a shortened text to the next box on its right, in pixels. */
const GAP = 4;
/** Boxes may overlap by this much: no letters touch. Pixels. */
const TOUCH = 0.5;
/** Height of the bands in which the boxes near a text are looked up, in pixels. */
const BAND = 24;

/**
 * The width available to each text, so that no text overlaps another one or a mark of another owner: its full width if
 * nothing is in its way, less if it has to be shortened, 0 if it has to be left out.
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
