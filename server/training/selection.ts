import type { Problem } from '../reasoning/problem.js';
import { createRandom, sampleIndices } from '../reasoning/random.js';
import { type LabelForest, type LabelNode, labelForest, pathTo } from './labelNodes.js';

/** Which paths of a problem become training samples; each format has its own. */
export interface SelectionRules {
  /** A value at or below it is an error. */
  readonly threshold: number;
  /** Ends a path with its first error. */
  readonly endAtError: boolean;
  /** Leaves out trees whose root has value 0 or 1: nothing to tell apart. */
  readonly mixedRootsOnly: boolean;
  /** Leaves out samples of so few blank-separated words or fewer, as `split(' ')` counts them in the sample's text. */
  readonly shortWords: number;
  /** Draws as many samples without an error as there are with one, when there are more. */
  readonly balance: boolean;
}

/** Why a path gave no sample. */
export type Exclusion = 'root-all-wrong' | 'root-all-right' | 'missing-value' | 'too-short' | 'duplicate' | 'balanced-away';

export const EXCLUSIONS: Readonly<Record<Exclusion, string>> = {
  'root-all-wrong': 'no rollout from the question succeeded, so the tree has nothing to tell apart',
  'root-all-right': 'every rollout from the question succeeded, so the tree has nothing to tell apart',
  'missing-value': 'a step on it has no value: nothing was sampled there',
  'too-short': 'its text is too short',
  duplicate: 'another path gives the same text',
  'balanced-away': 'there are more samples without an error than with one, and it was not drawn',
};

/** One training sample, before a format writes it. */
export interface Sample {
  readonly pieces: readonly LabelNode[];
  /** Values of the pieces, all known. */
  readonly values: readonly number[];
  /** Whether it ends in an error (`endAtError`) or holds one. */
  readonly hasError: boolean;
}

/** What became of the whole paths (to leaves of the tree, or through solutions) that end at the same piece. */
export interface PathOutcome {
  /** Index in `forest.nodes` of the last piece that is kept: of the first error with `endAtError`, else the path's own. */
  readonly last: number;
  /** Pieces up to it. */
  readonly length: number;
  /** Indices of the last pieces of the whole paths; several may meet the same first error. */
  readonly ends: readonly number[];
  /** Index in `samples`, when it gave one. */
  readonly sample?: number;
  readonly exclusion?: Exclusion;
}

export interface Selected {
  readonly forest: LabelForest;
  readonly samples: readonly Sample[];
  readonly outcomes: readonly PathOutcome[];
}

/**
 * The samples of one problem: MM-PRM's `data_pipeline/traverse.py` with its rules as switches. Two differences: what is drawn
 * is seeded by `seed` and the question, and a path through a piece without a value is left out instead of failing. Samples
 * with an error come first, as there.
 */
export function selectSamples(problem: Problem, rules: SelectionRules, seed: number): Selected {
  const forest = labelForest(problem);
  const excludedRoot = rules.mixedRootsOnly ? rootExclusion(forest) : undefined;
  const drafts = draftsOf(forest, rules);
  const seen = new Set<string>();
  const kept: { draft: Draft; at: number }[] = [];
  const exclusions = drafts.map((draft, at): Exclusion | undefined => {
    if (excludedRoot !== undefined) return excludedRoot;
    if (draft.sample === undefined) return 'missing-value';
    const text = processText(draft.sample);
    if (text.split(' ').length <= rules.shortWords) return 'too-short';
    const key = JSON.stringify([draft.sample.hasError, text]);
    if (seen.has(key)) return 'duplicate';
    seen.add(key);
    kept.push({ draft, at });
    return undefined;
  });
  const negative = kept.filter(({ draft }) => draft.sample!.hasError);
  const positive = kept.filter(({ draft }) => !draft.sample!.hasError);
  const drawn = !rules.balance || positive.length < negative.length ? positive : draw(positive, negative.length, seed, problem);
  for (const { at } of positive) exclusions[at] = 'balanced-away';
  for (const { at } of drawn) exclusions[at] = undefined;
  const order = rules.balance ? [...negative, ...drawn] : kept;
  const sampleAt = new Map(order.map(({ at }, index) => [at, index]));
  return {
    forest,
    samples: order.map(({ draft }) => draft.sample!),
    outcomes: drafts.map(({ last, length, ends }, at): PathOutcome => {
      const exclusion = exclusions[at];
      const sample = sampleAt.get(at);
      return { last, length, ends, ...(sample !== undefined && { sample }), ...(exclusion !== undefined && { exclusion }) };
    }),
  };
}

/** For every piece, by index: what became of the whole paths it is on. */
export function outcomesByPiece({ forest, outcomes }: Selected): ReadonlySet<PathOutcome>[] {
  const through = forest.nodes.map(() => new Set<PathOutcome>());
  for (const outcome of outcomes) for (const end of outcome.ends) for (const piece of pathTo(forest, end)) through[piece]!.add(outcome);
  return through;
}

/** Counts of the paths that gave no sample. */
export function countExclusions(outcomes: Iterable<PathOutcome>): Partial<Record<Exclusion, number>> {
  const counts: Partial<Record<Exclusion, number>> = {};
  for (const { exclusion } of outcomes) if (exclusion !== undefined) counts[exclusion] = (counts[exclusion] ?? 0) + 1;
  return counts;
}

/** MM-PRM's `process`: every piece with its marker. The marker counts as part of the last word, as in the reference code. */
export function processText(sample: Sample): string {
  return sample.pieces.map((piece) => `${piece.text}<prm>`).join('\n\n');
}

interface Draft {
  readonly last: number;
  readonly length: number;
  readonly ends: number[];
  readonly sample: Sample | undefined;
}

/** One for every piece at which whole paths end, in document order. */
function draftsOf(forest: LabelForest, { threshold, endAtError }: SelectionRules): Draft[] {
  const drafts = new Map<number, Draft>();
  for (const end of forest.ends) {
    const path = pathTo(forest, end);
    const error = path.findIndex((index) => (forest.nodes[index]!.value ?? Infinity) <= threshold);
    const kept = endAtError && error >= 0 ? path.slice(0, error + 1) : path;
    const last = kept.at(-1)!;
    const known = drafts.get(last);
    if (known !== undefined) {
      known.ends.push(end);
      continue;
    }
    const pieces = kept.map((index) => forest.nodes[index]!);
    const values = pieces.map(({ value }) => value);
    const complete = values.every((value) => value !== undefined);
    drafts.set(last, { last, length: kept.length, ends: [end], sample: complete ? { pieces, values, hasError: error >= 0 } : undefined });
  }
  return [...drafts.values()];
}

function rootExclusion({ rootValue }: LabelForest): Exclusion | undefined {
  return rootValue === 0 ? 'root-all-wrong' : rootValue === 1 ? 'root-all-right' : undefined;
}

function draw<T>(items: readonly T[], count: number, seed: number, problem: Problem): T[] {
  return sampleIndices(items.length, count, createRandom(seed, `${problem.id ?? ''}/${problem.question}`)).map((index) => items[index]!);
}
