/** The marks around a reasoning model's thoughts. The chat template may already have written the opening mark. */
interface ThoughtMarks {
  readonly opens: RegExp;
  readonly closes: RegExp;
}

/** DeepSeek R1 and Qwen, Magistral, Kimi, Seed-OSS, OpenThinker, Command A, and gpt-oss without a parser. */
const MARKS: readonly ThoughtMarks[] = [
  { opens: /^\s*<think(?:ing)?>/, closes: /<\/think(?:ing)?>/g },
  { opens: /^\s*\[THINK\]/, closes: /\[\/THINK\]/g },
  { opens: /^\s*◁think▷/, closes: /◁\/think▷/g },
  { opens: /^\s*<seed:think>/, closes: /<\/seed:think>/g },
  { opens: /^\s*<\|begin_of_thought\|>/, closes: /<\|end_of_thought\|>/g },
  { opens: /^\s*<\|START_THINKING\|>/, closes: /<\|END_THINKING\|>/g },
  {
    opens: /^\s*(?:<\|start\|>assistant)?<\|channel\|>(?:analysis|commentary)[^<]*<\|message\|>/,
    closes: /<\|channel\|>final[^<]*<\|message\|>/g,
  },
];

/**
 * Separates the thoughts of a reasoning model, everything before the last closing mark, from its answer. Thoughts that
 * never end leave no answer.
 */
export function splitThinking(text: string): { readonly answer: string; readonly reasoning?: string } {
  for (const { opens, closes } of MARKS) {
    const end = [...text.matchAll(closes)].at(-1);
    const opening = opens.exec(text)?.[0].length;
    if (end === undefined && opening === undefined) continue;
    const reasoning = text.slice(opening ?? 0, end?.index ?? text.length).trim();
    return { answer: end === undefined ? '' : text.slice(end.index + end[0].length), ...(reasoning !== '' && { reasoning }) };
  }
  return { answer: text };
}
