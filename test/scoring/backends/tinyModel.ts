import type { ScoreJob } from '../../../server/scoring/scorer.js';
import { bytes, byteTokenizerJson } from '../byteTokenizer.js';

export const separator = '<prm>';
const separatorId = 256;

/** A tokenizer whose ids are bytes, plus one id for the separator. */
export const tinyTokenizer = byteTokenizerJson([{ content: separator }]);

export function encode(text: string): number[] {
  return text.split(separator).flatMap((part, i) => (i === 0 ? bytes(part) : [separatorId, ...bytes(part)]));
}

/** A causal model with two labels per token: `logits[2 * token + label]` depend on all tokens so far. */
export function tinyModel(ids: readonly number[]): Float32Array {
  let state = 7;
  return Float32Array.from(
    ids.flatMap((id) => {
      state = (state * 31 + id + 1) % 1009;
      return [0.25, state / 168 - 3];
    }),
  );
}

/** P(label 1) at the separators of a sequence. */
export function separatorScores(ids: readonly number[]): number[] {
  const logits = tinyModel(ids);
  return ids.flatMap((id, i) => (id === separatorId ? [1 / (1 + Math.exp(logits[2 * i]! - logits[2 * i + 1]!))] : []));
}

/** The score of the last step. */
export function tinyScore(question: string, steps: readonly string[]): number {
  return separatorScores(encode(`Q: ${question}\n${steps.map((step) => step + separator).join('')}`)).at(-1)!;
}

/** The model's score of each step of a forest. */
export function tinyScores({ question, steps }: ScoreJob): number[] {
  return steps.map((_, index) => {
    const path: string[] = [];
    for (let at: number | undefined = index; at !== undefined; at = steps[at]!.parent) path.unshift(steps[at]!.text);
    return tinyScore(question, path);
  });
}

const judge = { name: 'Tiny', family: 'none', threshold: 0.5, aggregation: 'min' };
const common = { ...judge, range: [0, 1] };

/** The profile for each backend, without the server's address. */
export const tinyProfiles = {
  marked: {
    ...common,
    tokenizer: 'tokenizer.json',
    layout: { kind: 'marker', before: 'Q: {question}\n', step: `{step}${separator}`, marker: separator },
    readout: { kind: 'label-head', positive: 1 },
    maxTokens: 4000,
  },
  turns: {
    ...common,
    layout: { kind: 'turns', first: '{question}\n\n{step}', next: '{step}', reply: '+' },
    readout: { kind: 'token-pair', positive: '+', negative: '-' },
    maxTokens: 4000,
  },
  judge,
};

/** The `backend` settings in the profile of a critique. */
export const tinyCritique = { prompt: '{question}{steps}', item: '\n@{step}', verdict: 'Is it right?' };

/** Steps of a binary tree, all with different texts. */
export function tinyTree(count: number): ScoreJob {
  return {
    question: 'How many pages are 12 a day in a week?',
    images: [],
    steps: Array.from({ length: count }, (_, i) => ({ text: `Step ${i}: 12 * 7 = ${80 + i}`, ...(i > 0 && { parent: (i - 1) >> 1 }) })),
  };
}

export function tinyChain(count: number): ScoreJob {
  const { question, steps } = tinyTree(count);
  return { question, images: [], steps: steps.map(({ text }, i) => ({ text, ...(i > 0 && { parent: i - 1 }) })) };
}
