/** The values an external number may have, for command lines, launch configurations, consoles and requests alike. */
export interface NumberRange {
  /** For a sentence: "a whole number from 1 to 10,000". */
  readonly words: string;
  /** False also for NaN and the infinities. */
  readonly has: (value: number) => boolean;
}

/** A whole number, both ends included. */
export function wholeFrom(least: number, most: number): NumberRange {
  return range(
    () => `a whole number from ${shown(least)} to ${shown(most)}`,
    (value) => Number.isSafeInteger(value) && value >= least && value <= most,
  );
}

/** Any number, both ends included. */
export function numberFrom(least: number, most: number): NumberRange {
  return range(
    () => `a number from ${shown(least)} to ${shown(most)}`,
    (value) => value >= least && value <= most,
  );
}

/** Any number above `least`, at most `most`. */
export function numberAbove(least: number, most: number): NumberRange {
  return range(
    () => `a number above ${shown(least)}, at most ${shown(most)}`,
    (value) => value > least && value <= most,
  );
}

/** Any number from `least`, below `end`. */
export function numberBelow(least: number, end: number): NumberRange {
  return range(
    () => `a number from ${shown(least)}, below ${shown(end)}`,
    (value) => value >= least && value < end,
  );
}

/** Seeds of everything random: whole numbers that are exact in JSON. */
export const seedRange = wholeFrom(0, Number.MAX_SAFE_INTEGER);

/** Makes the words on demand: the first number formatted with commas loads locale data, 15 ms of every start. */
function range(words: () => string, has: NumberRange['has']): NumberRange {
  return {
    get words() {
      return words();
    },
    has,
  };
}

function shown(value: number): string {
  return value.toLocaleString('en-US');
}
