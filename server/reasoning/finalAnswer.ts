/**
 * Reads the final answer from the last step of a solution or rollout. In order of trust: `<answer>..</answer>`,
 * `\boxed{..}` or `\fbox{..}` (braces nested, with a unit behind it), `#### 18` (GSM8K), a line `Answer: 18`, a heading
 * "Final answer" with a line below it, `答案：18`, "The answer is 18.", "Option (D) is correct." and the like. Of each
 * kind, the last one counts. Undefined when none is found. No normalization beyond surrounding blanks, `$`, `**` and a
 * final full stop.
 */
export function finalAnswer(text: string): string | undefined {
  const found = tagged(text) ?? boxed(text) ?? labeled(text) ?? headed(text) ?? spoken(text);
  if (found === undefined) return undefined;
  const answer = tidy(boxed(found) ?? spoken(found) ?? found);
  return answer === '' ? undefined : answer;
}

const BOX = /\\(?:boxed|fbox)(?![a-zA-Z])/g;
/** Of a longer text, only the last part is searched. */
const MAX_LENGTH = 20_000;
const MAX_BOXES = 20;

function tagged(text: string): string | undefined {
  const open = text.lastIndexOf('<answer>');
  if (open < 0) return undefined;
  const start = open + '<answer>'.length;
  const close = text.indexOf('</answer>', start);
  return text.slice(start, close < 0 ? text.length : close);
}

interface Box {
  readonly start: number;
  readonly end: number;
  readonly content: string;
}

/** The last box, with the boxes that "and", "or" or a comma join to it. */
function boxed(whole: string): string | undefined {
  const text = whole.slice(-MAX_LENGTH);
  const starts = [...text.matchAll(BOX)].map((match) => match.index).slice(-MAX_BOXES);
  const boxes = starts.map((start) => boxAt(text, start)).filter((box) => box !== undefined);
  const last = boxes.pop();
  if (last === undefined) return undefined;
  let answer = `${last.content}${unitBehind(text.slice(last.end, last.end + 60))}`;
  for (let next = last, box = boxes.pop(); box !== undefined; next = box, box = boxes.pop()) {
    const between = text.slice(box.end, next.start).replace(/\\?[a-zA-Z]{1,2}\s{0,3}=|[$\s]|\\[()]|\\(?:text|quad)(?![a-z])|[{}]/g, '');
    if (!/^(?:,|;|、|and|,and|or|,or|和|或)$/.test(between)) break;
    answer = `${box.content}${/or|或/.test(between) ? ' or ' : ', '}${answer}`;
  }
  return answer;
}

function boxAt(text: string, start: number): Box | undefined {
  const open = /^\\(?:boxed|fbox)\s*(\{?)/.exec(text.slice(start, start + 64));
  if (open === null) return undefined;
  const from = start + open[0].length;
  if (open[1] === '') {
    // \boxed 42
    const bare = /^-?[\w.,/]*\w/.exec(text.slice(from, from + 64))?.[0];
    return bare === undefined ? undefined : { start, end: from + bare.length, content: bare };
  }
  let depth = 1;
  for (let i = from; i < text.length; i++) {
    const c = text[i];
    if (c === '\\') i++;
    else if (c === '{') depth++;
    else if (c === '}' && --depth === 0) return { start, end: i + 1, content: text.slice(from, i) };
  }
  return undefined;
}

/** A unit that follows the box instead of being inside it. */
function unitBehind(rest: string): string {
  const [, marked] =
    /^(?:\\[,;: ]|~|[ $])*(\\(?:text|mathrm|mbox|textrm)\s*\{[^{}]*\}(?:\s*\^\s*\{?[23]\}?)?|\\?%|°|\^\s*\{?\s*\\circ\s*\}?)/.exec(rest) ??
    [];
  if (marked !== undefined) return ` ${marked}`;
  const [, plain] = /^\$? ([a-zA-Z]{1,3}(?:\^\{?[23]\}?|\/[a-z]{1,2})?)\$?\.?\s*$/.exec(rest) ?? [];
  return plain === undefined ? '' : ` ${plain}`;
}

const LABEL =
  /^[\s#>*_-]{0,12}(?:####\s+(?=[^\d]{0,20}\d)|(?:the )?(?:final |correct )?(?:answer|option)\s{0,3}(?:\*\*|__)?\s{0,3}[:：=]\s{0,3}(?:\*\*|__)?\s{0,3}|(?:所以|因此|故)?(?:最终|正确)?答案\s{0,3}(?:\*\*)?\s{0,3}[:：]\s{0,3}(?:\*\*)?\s{0,3}|(?:antwort|respuesta|réponse)\s{0,3}(?:\*\*)?\s{0,3}[:：]\s{0,3}(?:\*\*)?\s{0,3})(\S.*)$/i;
const GSM8K = /^\s{0,8}####\s+(?=[^\d]{0,20}\d)(\S.*)$/;

function labeled(whole: string): string | undefined {
  const lines = whole
    .slice(-MAX_LENGTH)
    .trimEnd()
    .split(/\r\n|\r|\n/);
  // `A:` elsewhere is a choice of a question, `####` without a number a heading.
  const last = /^\s{0,8}A\s*:\s*(\S.*)$/.exec(lines.at(-1) ?? '');
  if (last !== null) return last[1];
  for (const line of lines.reverse()) {
    const match = GSM8K.exec(line) ?? LABEL.exec(line);
    if (match !== null) return match[1];
  }
  return undefined;
}

const HEADING = /^[\s#>*_]{0,12}(?:the )?(?:final |correct )?(?:answer|最终答案|答案)[\s*_:：.]{0,8}$/i;

/** Below `**Final Answer**` or `### Answer` alone on a line: the next line that is neither empty nor a math mark. */
function headed(whole: string): string | undefined {
  const lines = whole
    .slice(-MAX_LENGTH)
    .trimEnd()
    .split(/\r\n|\r|\n/);
  const heading = lines.slice(0, -1).findLastIndex((line) => HEADING.test(line));
  if (heading < 0) return undefined;
  return lines.slice(heading + 1).find((line) => line.trim() !== '' && !/^\s*(?:\$\$|\\\[|-{3,}|```\w*)\s*$/.test(line));
}

const SPOKEN =
  /\b(?:(?:answer|option|choice)\s+(?:is|would be|must be|should be)\s*(?:(?:therefore|thus|then|simply|hence|just)(?=[\s:]))?|(?:the|my|our|final)\s+answer(?=\s*:))\s*:?\s*(?:(?:option|choice)\s+(?=\W{0,4}[A-N]\b))?/gi;
const SPOKEN_OTHERS =
  /(?:\b(?:antwort|ergebnis)\s+(?:ist|lautet)|\brespuesta(?:\s+(?:correcta|final))?\s+es|\bréponse(?:\s+(?:correcte|finale))?\s+est)(?![a-z])\s*:?\s*/gi;
/** "Option (D) is correct." */
const OPTION_IS = /\b(?:option|choice|answer)\s+\W{0,3}([A-N])\W{0,3}\s+is\s+(?:the\s+)?(?:correct|right)\b(?!\s+(?:if|when|only))/gi;
const SPOKEN_HAN = /(?:答案|选项)\s*(?:应该|应)?(?:是|为|选)\s*[:：]?\s*/g;
const CHOSEN_HAN = /(?:故|应|因此|所以)?选(?:择)?\s*[:：]?\s*([A-N](?:[、,，\s]*[A-N])*)(?![a-zA-Z])/g;

function spoken(whole: string): string | undefined {
  const text = whole.slice(-MAX_LENGTH);
  let start: number | undefined;
  for (const phrase of [SPOKEN, SPOKEN_OTHERS, SPOKEN_HAN]) {
    for (const match of text.matchAll(phrase)) start = Math.max(start ?? 0, match.index + match[0].length);
  }
  if (start === undefined) return [...text.matchAll(OPTION_IS)].at(-1)?.[1] ?? [...text.matchAll(CHOSEN_HAN)].at(-1)?.[1];
  // A full stop ends the answer unless a digit follows it (3.5).
  const sentence = /^[^\r\n。]*?(?=\.(?!\d)|[\r\n。]|$)/.exec(text.slice(start, start + 2000))?.[0];
  return sentence?.replace(/,?\s(?:because|since|which|as)\s.*$/, '');
}

function tidy(answer: string): string {
  let text = answer.trim();
  for (let round = 0; round < 20; round++) {
    const next = text
      .replace(/\.$/, '')
      // The dollar sign of an amount is kept.
      .replace(/^(\*\*|\$\$|\$(?!\d[^$]*$)|\\\(|\\\[)|(\*\*|\$\$?|\\\)|\\\])$/g, '')
      .trim();
    if (next === text) return text;
    text = next;
  }
  return text;
}
