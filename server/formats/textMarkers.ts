import type { TextLine } from './textLines.js';

/** A line that says what follows it. */
export interface Marker {
  /** `answer`: a reference answer, or a solution under another name: its surroundings tell. */
  readonly kind: 'problem' | 'solution' | 'answer' | 'reference';
  readonly line: number;
  /** Offset of what follows on the same line. */
  readonly content: number;
  readonly isHeading: boolean;
}

const NAMES: readonly (readonly [Marker['kind'], string])[] = [
  ['problem', 'problem|question|exercise'],
  ['solution', '(?:(?:model|proposed|candidate|student) )?(?:solution(?: process)?|process|attempt|candidate|response)'],
  ['reference', 'reference answer|correct answer|ground truth(?: answer)?'],
  ['answer', 'answer'],
];

/** `## Problem 3: ..`, `**Question 2:** ..`, `Solution:`. A heading needs no colon; without one it holds nothing else. */
const MARKERS = NAMES.map(([kind, names]) => {
  const name = `(?:${names})(?: +#?\\d+)?(?: +\\([^()]*\\))?`;
  return {
    kind,
    heading: new RegExp(`^ {0,3}#{1,6} +(?:\\*\\*)?${name}(?:\\*\\*)? *(?:$|: *(?:\\*\\*)? *)`, 'i'),
    label: new RegExp(`^ {0,3}(?:\\*\\*|__)?${name}(?:\\*\\*|__)? *: *(?:\\*\\*|__)? *`, 'i'),
  };
});

export function markerOf(line: TextLine, index: number): Marker | undefined {
  if (line.inside || line.text.length === 0) return undefined;
  const text = line.text.trimEnd();
  for (const { kind, heading, label } of MARKERS) {
    const match = heading.exec(text);
    const found = match ?? label.exec(text);
    if (found !== null) return { kind, line: index, content: line.start + found[0].length, isHeading: match !== null };
  }
  return undefined;
}

export interface StepMarker {
  readonly line: number;
  readonly number: number;
  readonly content: number;
  readonly isHeading: boolean;
  /** `**Step 1: Title.** ..`: the bold that the marker opens ends inside the step. */
  readonly leavesBold: boolean;
}

const STEP = /^ {0,3}(#{1,6} +)?(?:[-*] +)?(\*\*)?step +(\d{1,6})(\*\*)? *(?:[:.)—–-] *(\*\*)? *|(?=$))/i;

/** `Step 3: ..`, `**Step 3.** ..`, `### Step 3`. A bare `Step 3` is a marker only as a heading or in bold. */
export function stepMarkerOf(line: TextLine, index: number): StepMarker | undefined {
  if (line.inside) return undefined;
  const match = STEP.exec(line.text.trimEnd());
  if (match === null) return undefined;
  const [all, hashes, open, number, close, lateClose] = match;
  const isBare = !/[:.)—–-]/.test(all.slice(all.indexOf(number!)));
  if (isBare && hashes === undefined && open === undefined) return undefined;
  return {
    line: index,
    number: Number(number),
    content: line.start + all.length,
    isHeading: hashes !== undefined,
    leavesBold: open !== undefined && close === undefined && lateClose === undefined,
  };
}

/** A paragraph that only states the final answer: it belongs to the step before it. */
export function isFinalAnswer(text: string): boolean {
  return FINAL_ANSWER.some((form) => form.test(text));
}

const FINAL_ANSWER = [
  /^<answer>[\s\S]*<\/answer>$/,
  /^#### +\S*\d\S*(?: \S+)?$/,
  /^(?:\*\*)?(?:final answer|answer|A)(?:\*\*)? *[:=][^\r\n]*$/i,
  /^(?:\*\*)?(?:(?:so|thus|hence|therefore),? +)?the (?:final |correct )?answer is\b[^\r\n]{0,120}$/i,
  /^(?:\$\$?|\\\[|\\\()?\s*\\boxed\{[^\r\n]*\}\s*(?:\$\$?|\\\]|\\\))?\.?$/,
];
