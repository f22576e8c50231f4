import { itemAt } from '../reasoning/present.js';

/** A date, without a year if none is written. */
export interface DateForm {
  readonly month: number;
  readonly day: number;
  readonly year?: number;
}

const MONTHS = 'january february march april may june july august september october november december'.split(' ');
const MONTH = `(${MONTHS.map((name) => `${name.slice(0, 3)}(?:${name.slice(3)})?`).join('|')}|sept)\\.?`;
const DAY = '(\\d{1,2})(?:st|nd|rd|th)?';
const MONTH_FIRST = new RegExp(`^${MONTH} (?:the )?${DAY}(?:,? (\\d{4}))?$`, 'i');
const DAY_FIRST = new RegExp(`^(?:the )?${DAY} (?:of )?${MONTH}(?:,? (\\d{4}))?$`, 'i');

/** Reads `March 5`, `the 5th of March, 2024`, `2024-03-05`, `2024年3月5日`. `3/5/2024` is ambiguous and not read. */
export function readDate(text: string): DateForm | undefined {
  const plain = text.replace(/^on /i, '').trim();
  const first = MONTH_FIRST.exec(plain);
  if (first !== null) return dateOf(monthOf(itemAt(first, 1)), itemAt(first, 2), first[3]);
  const last = DAY_FIRST.exec(plain);
  if (last !== null) return dateOf(monthOf(itemAt(last, 2)), itemAt(last, 1), last[3]);
  const iso = /^(\d{4})-(\d{2})-(\d{2})$/.exec(plain);
  if (iso !== null) return dateOf(Number(iso[2]), itemAt(iso, 3), iso[1]);
  // 3/15/2020 and 15.3.2020 have one reading, because there is no fifteenth month; 3/5/2020 has two.
  const figures = /^(\d{1,2})[/.](\d{1,2})[/.](\d{4})$/.exec(plain);
  if (figures !== null) {
    const [first, second] = [Number(figures[1]), Number(figures[2])];
    if (first <= 12 && second <= 12 && first !== second) return undefined;
    return second > 12 ? dateOf(first, itemAt(figures, 2), figures[3]) : dateOf(second, itemAt(figures, 1), figures[3]);
  }
  const han = /^(?:(\d{4})年)?(\d{1,2})月(\d{1,2})[日号]$/.exec(plain);
  return han === null ? undefined : dateOf(Number(han[2]), itemAt(han, 3), han[1]);
}

/** Undefined when the days agree and only the reference has a year: the year meant by the answer is not known. */
export function compareDates(a: DateForm, r: DateForm): 'right' | 'wrong' | undefined {
  if (a.month !== r.month || a.day !== r.day) return 'wrong';
  if (a.year === r.year) return 'right';
  // A reference without a year does not ask for one.
  return r.year === undefined ? 'right' : a.year === undefined ? undefined : 'wrong';
}

function monthOf(name: string): number {
  return MONTHS.findIndex((month) => month.startsWith(name.slice(0, 3).toLowerCase())) + 1;
}

function dateOf(month: number, day: string, year: string | undefined): DateForm | undefined {
  const isDate = month >= 1 && month <= 12 && Number(day) >= 1 && Number(day) <= 31;
  return isDate ? { month, day: Number(day), ...(year !== undefined && { year: Number(year) }) } : undefined;
}
