/**
 * Capital letters, digits and signs as strokes, so that a figure looks the same on every machine whatever fonts it has.
 * A stroke is a row of points, two digits each: x in 0..4, y in 0..6 downwards.
 */
const strokes: Readonly<Record<string, string>> = {
  '0': '103041453616050110',
  '1': '112026 1636',
  '2': '01103041420646',
  '3': '01103041423313 334445361605',
  '4': '36300444',
  '5': '400003334445361605',
  '6': '4130100105163645443303',
  '7': '004016',
  '8': '103041423313020110 1304051636454433',
  '9': '0516364541301001021343',
  A: '062046 1434',
  B: '00063645443303 3342413000',
  C: '4130100105163645',
  D: '00062644422000',
  E: '40000646 0333',
  F: '400006 0333',
  G: '41301001051636454323',
  H: '0006 4046 0343',
  I: '1030 2026 1636',
  J: '4045361605',
  K: '0006 400346',
  L: '000646',
  M: '0600234046',
  N: '06004640',
  O: '103041453616050110',
  P: '06003041423303',
  Q: '103041453616050110 3446',
  R: '06003041423303 2346',
  S: '413010010213334445361605',
  T: '0040 2026',
  U: '000516364540',
  V: '002640',
  W: '0016223640',
  X: '0046 4006',
  Y: '002340 2326',
  Z: '00400646',
  '=': '0242 0444',
  '+': '2125 0343',
  '-': '0343',
  '?': '01103041422324 2626',
  '°': '0010121000',
  ' ': '',
};

/** Pixels between the left edges of two characters, and a character's height. */
export const ADVANCE = 18;
export const LINE_HEIGHT = 18;
const UNIT = 3;

/** A line of text as the `d` of an SVG path; `x` is its left edge, middle or right edge by `anchor`, `y` its top. Characters without a glyph are refused. */
export function glyphPath(text: string, x: number, y: number, anchor: 'start' | 'middle' | 'end'): string {
  const width = text.length * ADVANCE - UNIT * 2;
  const left = x - (anchor === 'start' ? 0 : anchor === 'middle' ? width / 2 : width);
  return [...text.toUpperCase()].map((character, i) => glyph(character, left + i * ADVANCE, y)).join('');
}

function glyph(character: string, x: number, y: number): string {
  const found = strokes[character];
  if (found === undefined) throw new RangeError(`no glyph for "${character}"`);
  return found
    .split(' ')
    .filter(Boolean)
    .map((stroke) => {
      const points = [...stroke.matchAll(/(.)(.)/g)].map(
        ([, px, py]) => `${(x + Number(px) * UNIT).toFixed(1)} ${(y + Number(py) * UNIT).toFixed(1)}`,
      );
      return `M${points.join('L')}`;
    })
    .join('');
}
