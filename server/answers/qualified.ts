import { itemAt, mustHave } from '../reasoning/present.js';

/** A value with a word that gives it a direction: "25% increase", "20 m/s north", "a loss of $30". */
export interface Qualified {
  readonly value: string;
  /** What the direction is about: two directions on the same axis exclude each other. */
  readonly axis: 'change' | 'compass' | 'side' | 'height' | 'turn';
  readonly direction: string;
  /** For words such as "more" and "higher": a percentage with one has two readings. */
  readonly isComparative?: boolean;
}

const UP =
  'increased?|rise|rose|gain(?:ed)?|growth|grew|profit|more|higher|faster|taller|older|longer|heavier|warmer|hotter|larger|greater|增加|盈利|上涨|上升|涨';
const DOWN =
  'decreased?|reduction|reduced|drop(?:ped)?|fall|fell|los[st]|decline[sd]?|discount|less|fewer|lower|slower|shorter|younger|lighter|colder|cooler|smaller|减少|亏损|下降|降低|下跌';
const CHANGES = `(${UP})|(${DOWN})`;
const CHANGE_FIRST = new RegExp(
  `^(?:an?\\s+|the\\s+|it\\s+|(?:the|its|his|her|their)\\s+[a-z]+(?:\\s+[a-z]+){0,2}?\\s+)?(?:${CHANGES})\\s*(?:by|of|了)?\\s*(?=[-\\d$€£\\\\])(.+)$`,
  'i',
);
const CHANGE_LAST = new RegExp(
  `^(?:an?\\s+)?([-+]?[$€£]?[\\d\\\\(].*?[\\d%})]|[$€£]?\\d)\\s*(?:(?!or |and |times |any )[a-z]+\\s+)?(?:${CHANGES})(?:\\s+than\\s+[a-zA-Z][a-zA-Z' ]*)?$`,
  'i',
);

const COMPASS: Readonly<Record<string, string>> = {
  n: 'N',
  north: 'N',
  s: 'S',
  south: 'S',
  e: 'E',
  east: 'E',
  w: 'W',
  west: 'W',
  ne: 'NE',
  northeast: 'NE',
  nw: 'NW',
  northwest: 'NW',
  se: 'SE',
  southeast: 'SE',
  sw: 'SW',
  southwest: 'SW',
  北: 'N',
  南: 'S',
  东: 'E',
  西: 'W',
  东北: 'NE',
  西北: 'NW',
  东南: 'SE',
  西南: 'SW',
};
const SIDES: Readonly<Record<string, readonly [Qualified['axis'], string]>> = {
  left: ['side', 'left'],
  right: ['side', 'right'],
  up: ['height', 'up'],
  down: ['height', 'down'],
  above: ['height', 'up'],
  below: ['height', 'down'],
  clockwise: ['turn', 'clockwise'],
  counterclockwise: ['turn', 'counterclockwise'],
  anticlockwise: ['turn', 'counterclockwise'],
  顺时针: ['turn', 'clockwise'],
  逆时针: ['turn', 'counterclockwise'],
};

/** Reads a direction alone: "to the left", "upwards", "due north", "northeast direction", 东北方向. */
export function readDirection(text: string): Pick<Qualified, 'axis' | 'direction'> | undefined {
  const plain = text
    .trim()
    .toLowerCase()
    .replace(/^(?:to|toward|towards|in|due|on)\s+/, '')
    .replace(/^(?:the|due)\s+/, '')
    .replace(/\s*(?:direction|side|方向|方)$/, '')
    .replace(/^counter-clockwise$/, 'counterclockwise')
    .replace(/^(north|south)[ -](east|west)/, '$1$2')
    .replace(/(?<=^(?:north|south|east|west|up|down|left|right|northeast|northwest|southeast|southwest))(?:wards?|ern|erly)$/, '');
  // A lone letter is a variable or an option.
  const compass = plain.length > 1 || /\p{Script=Han}/u.test(plain) ? COMPASS[plain] : undefined;
  if (compass !== undefined) return { axis: 'compass', direction: compass };
  const side = SIDES[plain.replace(/ the horizontal$/, '')];
  return side && { axis: side[0], direction: side[1] };
}

/** Reads a value with its direction; undefined for a text without one, or without a number before it. */
export function readQualified(text: string): Qualified | undefined {
  if (text.length > 120 || !/\d/.test(text)) return undefined;
  const first = CHANGE_FIRST.exec(text);
  if (first !== null) return { value: itemAt(first, 3), axis: 'change', direction: first[1] === undefined ? 'down' : 'up' };
  const bearing = readBearing(text);
  if (bearing !== undefined) return bearing;
  const behind = /^(.*?[\d%°})a-z/])[\s,]+((?:to |toward |towards |due )?(?:the )?[a-z-]+(?: the horizontal| direction)?)$/i.exec(text);
  const [, value = '', words = ''] = behind ?? [];
  const direction = readDirection(words);
  if (direction !== undefined && /\d/.test(value)) return { value, ...direction };
  const point = /^(\d+(?:\.\d+)?\s*°)\s*([NSEW])$/.exec(text);
  if (point !== null) return { value: itemAt(point, 1), axis: 'compass', direction: itemAt(point, 2) };
  const last = CHANGE_LAST.exec(text);
  if (last === null) return undefined;
  const isComparative = /^(?:more|less|fewer|larger|greater|smaller|\w+er)$/i.test(last[2] ?? itemAt(last, 3));
  return { value: itemAt(last, 1), axis: 'change', direction: last[2] === undefined ? 'down' : 'up', isComparative };
}

/** `N 30° E` and "30° east of north" are one bearing. */
function readBearing(text: string): Qualified | undefined {
  const short = /^([NS])\s*(\d+(?:\.\d+)?)\s*°?\s*([EW])$/.exec(text);
  if (short !== null) return { value: `${short[2]}°`, axis: 'compass', direction: `${short[3]} of ${short[1]}` };
  const long = /^(\d+(?:\.\d+)?)\s*(?:°|degrees?)\s*(north|south|east|west|[NSEW]) of (?:due )?(north|south|east|west|[NSEW])$/i.exec(text);
  if (long === null) return undefined;
  const [side, from] = [itemAt(long, 2), itemAt(long, 3)].map((word) => mustHave(COMPASS[word.toLowerCase()], `direction "${word}"`));
  return { value: `${long[1]}°`, axis: 'compass', direction: `${side} of ${from}` };
}
