import type { TextLine } from './textLines.js';

/** A line that names what follows it. */
export interface Marker {
  /** `answer`: a reference answer, or a solution under another name, depending on what is around it. */
  readonly kind: 'problem' | 'solution' | 'answer' | 'reference';
  readonly line: number;
  /** Offset of what follows on the same line. */
  readonly content: number;
  readonly isHeading: boolean;
}

/** Names of sections in English, German, Spanish, French and Chinese. */
const NAMES: readonly (readonly [Marker['kind'], string])[] = [
  ['problem', 'problem|question|exercise|aufgabe|frage|problema|pregunta|ejercicio|probl[èe]me|[ée]nonc[ée]|exercice|题目|问题|例题|题'],
  [
    'solution',
    '(?:(?:model|proposed|candidate|student) )?(?:solution(?: process)?|process|attempt|candidate|response)|l[öo]sung(?:sweg)?|soluci[óo]n|r[ée]solution|解答过程|解题过程|解答|解析|解',
  ],
  ['reference', 'reference answer|correct answer|ground truth(?: answer)?|参考答案|标准答案'],
  ['answer', 'answer|antwort|respuesta|r[ée]ponse|答案'],
];

/** A line may begin with the marks of a block quote. */
const QUOTE = '^ {0,3}(?:> ?)*';

/** `\textbf{Problem:}`, `\section*{Solution}` */
const LATEX = '\\\\(?:textbf|(?:sub)*section\\*?)\\{';

/**
 * `## Problem 3: ..`, `**Question 2:** ..`, `Solution:`, `题目：`. A heading or a line in bold needs no colon, but without
 * one the line has nothing else.
 */
const MARKERS = NAMES.map(([kind, names]) => {
  const name = `(?:${names})(?: *#?\\d+)?(?: +\\([^()]*\\))?`;
  return {
    kind,
    heading: new RegExp(`${QUOTE}#{1,6} +(?:\\*\\*)?${name}(?:\\*\\*)? *(?:$|[:：] *(?:\\*\\*)? *)`, 'i'),
    bold: new RegExp(`${QUOTE}(?:(?:\\*\\*|__)${name}(?:\\*\\*|__)|${LATEX}${name}\\}) *$`, 'i'),
    label: new RegExp(`${QUOTE}(?:\\*\\*|__|${LATEX})?${name}(?:\\*\\*|__|\\})? *[:：] *(?:\\*\\*|__|\\})? *`, 'i'),
  };
});

export function markerOf(line: TextLine, index: number): Marker | undefined {
  if (line.inside || line.text.length === 0) return undefined;
  const text = line.text.trimEnd();
  // What each pattern requires. Most lines are skipped, and most patterns never compiled, which takes 1 ms each.
  const [hasHash, hasBold, hasColon] = [text.includes('#'), /\*\*|__|\\/.test(text), /[:：]/.test(text)];
  if (!hasHash && !hasBold && !hasColon) return undefined;
  for (const { kind, heading, bold, label } of MARKERS) {
    const match = hasHash ? heading.exec(text) : null;
    const found = match ?? (hasBold ? bold.exec(text) : null) ?? (hasColon ? label.exec(text) : null);
    if (found !== null) return { kind, line: index, content: line.start + found[0].length, isHeading: match !== null };
  }
  return undefined;
}

export interface StepMarker {
  readonly line: number;
  /** Offset of the marker and of what follows it. */
  readonly at: number;
  readonly content: number;
  readonly number: number;
  /** The 2 of "Step 1.2"; undefined for a top-level step. */
  readonly part: number | undefined;
  readonly isHeading: boolean;
  /** `**Step 1: Title.** ..`: the bold that the marker opens ends inside the step. */
  readonly leavesBold: boolean;
}

const STEP_WORD = 'step|schritt|paso|[ée]tape|passo|шаг|步骤|ステップ|단계';
const NUMBER_WORDS = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'];
const CHINESE_NUMBER = '[一二三四五六七八九十]{1,3}|\\d{1,3}';
const AT_START = new RegExp(
  `${QUOTE}(#{1,6} +)?(?:[-*+] +)?(\\*\\*)?(?:(?:${STEP_WORD}) *#?(\\d{1,6}|[一二三四五六七八九十]{1,3}|(?:${NUMBER_WORDS.join('|')})(?![a-z]))(?:\\.(\\d{1,3}))*|第(${CHINESE_NUMBER})步)(\\*\\*)? *(?:(?:[:)：、，,—–]|[.-](?!\\d)) *(\\*\\*)? *|(?=$))`,
  'i',
);
/** Inside a line, a marker needs a capital letter: "in step 2: .." is a reference. */
const INLINE =
  /(^|[\s>*(]|(?<=[。；：，！？]))(\*\*)?(?:(?:Step|Schritt|Paso|[ÉE]tape|Passo|Шаг|步骤) *#?(\d{1,6})|第([一二三四五六七八九十]{1,3}|\d{1,3})步)(\*\*)? *(?:[:：)]|\.(?!\d)) *(\*\*)? */g;
/** Words before a reference to a step. */
const REFERS = /\b(?:in|from|of|see|to|by|and|as|at|after|before|using|with|than|on|or|per|repeat|back|aus|nach|de|del|en)[\s*(]*$/i;

/** `Step 3: ..`, `**Step 3.** ..`, `### Step 3`, `第三步：`. A bare `Step 3` is a marker only as a heading or in bold. */
export function stepMarkerOf(line: TextLine, index: number): StepMarker | undefined {
  if (line.inside) return undefined;
  const match = AT_START.exec(line.text.trimEnd());
  if (match === null) return undefined;
  const [all, hashes, open, number, part, chinese, close, lateClose] = match;
  const written = number ?? chinese!;
  const isBare =
    chinese === undefined &&
    !/[:.)：、，,—–-]/.test(all.slice(all.indexOf(written) + written.length + (part === undefined ? 0 : part.length + 1)));
  if (isBare && hashes === undefined && open === undefined) return undefined;
  return {
    line: index,
    at: line.start,
    content: line.start + all.length,
    number: numberOf(written),
    part: part === undefined ? undefined : Number(part),
    isHeading: hashes !== undefined,
    leavesBold: open !== undefined && close === undefined && lateClose === undefined,
  };
}

/** Step markers inside a line, `Step 1: .. Step 2: ..`: the caller decides by their numbers which ones begin a step. */
export function inlineStepMarkers(line: TextLine, index: number): StepMarker[] {
  if (line.inside) return [];
  return [...line.text.matchAll(INLINE)].flatMap((match): StepMarker[] => {
    const [all, before, open, number, chinese, close, lateClose] = match;
    if (REFERS.test(line.text.slice(Math.max(0, match.index - 20), match.index + before!.length))) return [];
    return [
      {
        line: index,
        at: line.start + match.index + before!.length,
        content: line.start + match.index + all.length,
        number: numberOf(number ?? chinese!),
        part: undefined,
        isHeading: false,
        leavesBold: open !== undefined && close === undefined && lateClose === undefined,
      },
    ];
  });
}

function numberOf(written: string): number {
  if (/^\d+$/.test(written)) return Number(written);
  const word = NUMBER_WORDS.indexOf(written.toLowerCase());
  if (word >= 0) return word + 1;
  const digits = '一二三四五六七八九';
  const ten = written.indexOf('十');
  if (ten < 0) return digits.indexOf(written) + 1;
  const tens = ten === 0 ? 1 : digits.indexOf(written[0]!) + 1;
  return tens * 10 + (ten === written.length - 1 ? 0 : digits.indexOf(written.at(-1)!) + 1);
}

/** An item of a list, by what marks it. */
export interface ListMarker {
  readonly line: number;
  readonly at: number;
  readonly content: number;
  readonly kind: 'number' | 'parenthesis' | 'roman' | 'letter' | 'item' | 'bullet';
  /** Position in the list according to the marker, from 1; undefined for bullets. */
  readonly number: number | undefined;
  /** `**1. Title** ..`: the bold that the marker opens ends inside the item. */
  readonly leavesBold: boolean;
}

const ROMAN = ['i', 'ii', 'iii', 'iv', 'v', 'vi', 'vii', 'viii', 'ix', 'x', 'xi', 'xii'];
const LISTS: readonly (readonly [ListMarker['kind'], RegExp])[] = [
  ['number', new RegExp(`${QUOTE}(?:\\*\\*)?(\\d{1,3})[.、．](?:\\*\\*)?[ \\t]+(?=\\S)`)],
  ['parenthesis', new RegExp(`${QUOTE}[(（]?(\\d{1,3})[)）][ \\t]*(?=\\S)`)],
  ['roman', new RegExp(`${QUOTE}\\(?([ivx]{1,4})[.)][ \\t]+(?=\\S)`)],
  ['letter', new RegExp(`${QUOTE}\\(([a-h])\\)[ \\t]+(?=\\S)`)],
  ['item', /^\s*\\item(?:\[[^\]]*\])?[ \t]+(?=\S)/],
  ['bullet', new RegExp(`${QUOTE}[-*+•][ \\t]+(?=\\S)`)],
];

export function listMarkerOf(line: TextLine, index: number): ListMarker | undefined {
  if (line.inside) return undefined;
  for (const [kind, form] of LISTS) {
    const match = form.exec(line.text);
    if (match === null) continue;
    const written = match[1];
    const number =
      written === undefined
        ? undefined
        : kind === 'roman'
          ? ROMAN.indexOf(written) + 1
          : kind === 'letter'
            ? written.charCodeAt(0) - 96
            : Number(written);
    return {
      line: index,
      at: line.start,
      content: line.start + match[0].length,
      kind,
      number,
      leavesBold: /\*\*\d/.test(match[0]) && !/\d.\*\*/.test(match[0]),
    };
  }
  return undefined;
}

/** A paragraph that only states the final answer: it belongs to the step before it. */
export function isFinalAnswer(text: string): boolean {
  return FINAL_ANSWER.some((form) => form.test(text));
}

const FINAL_ANSWER = [
  /^<answer>[\s\S]*<\/answer>$/,
  /^#### +(?=\S*\d)\S+(?: \S+)?$/,
  /^(?:\*\*)?(?:final answer|answer|A|antwort|respuesta|réponse|答案|答)(?:\*\*)? *[:=：][^\r\n]*$/i,
  /^(?:\*\*)?(?:(?:so|thus|hence|therefore),? +)?the (?:final |correct )?answer is\b[^\r\n]{0,120}$/i,
  /^(?:\$\$?|\\\[|\\\()?\s*\\boxed\{[^\r\n]*\}\s*(?:\$\$?|\\\]|\\\))?\.?$/,
];
