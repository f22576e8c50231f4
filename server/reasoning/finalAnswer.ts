/**
 * Reads the final answer from the last step of a solution or rollout. In order of trust: `<answer>..</answer>`,
 * `\boxed{..}` (braces nested), `#### 18` (GSM8K), `A: 18` / `Answer: 18`, `The answer is 18.`; of each kind the last one
 * counts. Undefined when none is found. No normalisation beyond surrounding blanks, `$`, `**` and a final full stop.
 */
export function finalAnswer(text: string): string | undefined {
  const found = tagged(text) ?? boxed(text) ?? labelled(text) ?? spoken(text);
  if (found === undefined) return undefined;
  const answer = tidy(boxed(found) ?? found);
  return answer === '' ? undefined : answer;
}

function tagged(text: string): string | undefined {
  const open = text.lastIndexOf('<answer>');
  if (open < 0) return undefined;
  const start = open + '<answer>'.length;
  const close = text.indexOf('</answer>', start);
  return text.slice(start, close < 0 ? text.length : close);
}

function boxed(text: string): string | undefined {
  // A text of nothing but unclosed boxes must not cost its length squared.
  let tries = 20;
  for (let at = text.lastIndexOf('\\boxed'); at >= 0 && tries-- > 0; at = at === 0 ? -1 : text.lastIndexOf('\\boxed', at - 1)) {
    const open = /^\\boxed\s*\{/.exec(text.slice(at, at + 32));
    if (open === null) continue;
    let depth = 1;
    const start = at + open[0].length;
    for (let i = start; i < text.length; i++) {
      const c = text[i];
      if (c === '\\') i++;
      else if (c === '{') depth++;
      else if (c === '}' && --depth === 0) return text.slice(start, i);
    }
  }
  return undefined;
}

function labelled(text: string): string | undefined {
  const lines = text.trimEnd().split(/\r\n|\r|\n/);
  // `A:` elsewhere is a choice of a question, `####` without a number a heading.
  const last = /^\s*A\s*:\s*(\S.*)$/.exec(lines.at(-1)!);
  if (last !== null) return last[1];
  for (let i = lines.length - 1; i >= 0; i--) {
    const match = /^\s*(?:####\s+(?=[^\d]{0,20}\d)|(?:\*\*)?(?:final )?answer(?:\*\*)?\s*[:=]\s*(?:\*\*)?)(\S.*)$/i.exec(lines[i]!);
    if (match !== null) return match[1];
  }
  return undefined;
}

function spoken(text: string): string | undefined {
  const phrase = /\b(?:final |correct )?answer\s+is\s*:?\s*/gi;
  let start: number | undefined;
  for (const match of text.matchAll(phrase)) start = match.index + match[0].length;
  if (start === undefined) return undefined;
  // A full stop ends the answer unless a digit follows it (3.5).
  return /^[^\r\n]*?(?=\.(?!\d)|[\r\n]|$)/.exec(text.slice(start))?.[0];
}

function tidy(answer: string): string {
  let text = answer.trim();
  for (;;) {
    const next = text
      .replace(/\.$/, '')
      .replace(/^(\*\*|\$\$?|\\\(|\\\[)|(\*\*|\$\$?|\\\)|\\\])$/g, '')
      .trim();
    if (next === text) return text;
    text = next;
  }
}
