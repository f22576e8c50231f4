import { along } from '../reasoning/paths.js';
import type { Problem } from '../reasoning/problem.js';
import { createRandom, sampleIndices } from '../reasoning/random.js';
import type { ChosenRule } from './choices/choice.js';
import { type LabelForest, type LabelNode, labelForest, pathTo } from './labelNodes.js';
import { rightShare } from './problemGroup.js';
import { SeenTexts } from './seenTexts.js';

/** Rules for which paths of a problem become training samples; each format has its own. */
export interface SelectionRules {
  /** A value at or below it is an error. */
  readonly threshold: number;
  /** Ends a path with its first error. */
  readonly endAtError: boolean;
  /** Leaves out trees whose root has value 0 or 1: there is nothing to distinguish. */
  readonly mixedRootsOnly: boolean;
  /** Leaves out samples with at most this many words, counted in the sample's text as by `split(' ')`. */
  readonly shortWords: number;
  /** Draws as many samples without an error as there are with one, when there are more. */
  readonly balance: boolean;
  /** Takes only people's labels: a step without one has no value. */
  readonly peopleOnly?: boolean;
  /** Leaves out problems whose share of right solutions is below `least` or above `most`; both in [0, 1]. */
  readonly difficulty?: { readonly least: number; readonly most: number };
  /** Questions of an evaluation, which are left out. */
  readonly heldOut?: ReadonlySet<string>;
  /** Further rules, one file each (choices/). */
  readonly choices?: readonly ChosenRule[];
}

/** Why a path gave no sample. */
export type Exclusion =
  | 'root-all-wrong'
  | 'root-all-right'
  | 'missing-value'
  | 'too-short'
  | 'duplicate'
  | 'balanced-away'
  | 'held-out'
  | 'too-hard'
  | 'too-easy'
  | 'unknown-difficulty'
  | 'not-judged'
  | 'no-consensus'
  | 'low-confidence'
  | 'less-informative';

export const EXCLUSIONS: Readonly<Record<Exclusion, string>> = {
  'root-all-wrong': 'no rollout from the question succeeded, so all its paths have the same label',
  'root-all-right': 'every rollout from the question succeeded, so all its paths have the same label',
  'missing-value': 'a step on it has no value: nothing was sampled there',
  'too-short': 'its text is too short',
  duplicate: 'another path gives the same text',
  'balanced-away': 'there are more samples without an error than with one, and it was not drawn',
  'held-out': 'its question is one of the evaluation',
  'too-hard': 'too few solutions of the problem are right',
  'too-easy': 'too many solutions of the problem are right',
  'unknown-difficulty': 'of no solution of the problem it is known whether it is right',
  'not-judged': 'a step has no value of a judge',
  'no-consensus': 'rollouts and judge do not name the same first error',
  'low-confidence': 'it has no error, and the policy seldom solves the problem',
  'less-informative': 'other samples are more informative',
};

/** A piece whose value is known. */
export interface LabeledNode extends LabelNode {
  readonly value: number;
}

/** One training sample, before a format writes it. */
export interface TrainingSample {
  readonly problem: Problem;
  /** The forest in which its pieces are a path. */
  readonly forest: LabelForest;
  readonly pieces: readonly LabeledNode[];
  /** Values of the pieces. */
  readonly values: readonly number[];
  /** Whether it ends in an error (`endAtError`) or contains one. */
  readonly hasError: boolean;
  /** Index of the first piece whose value is an error; -1 without one. */
  readonly firstError: number;
  /** A value at or below it is an error. */
  readonly threshold: number;
}

/** Outcome of the whole paths (to leaves of the tree, or through solutions) whose last kept piece is the same. */
export interface PathOutcome {
  /**
   * Index in `forest.nodes` of the last piece that is kept: the error where the path is cut, else its own last piece.
   */
  readonly last: number;
  /** Number of pieces up to `last`. */
  readonly length: number;
  /** Indices of the last pieces of the whole paths; several paths may have the same first error. */
  readonly ends: readonly number[];
  /** The sample that these paths gave. */
  readonly sample?: TrainingSample;
  readonly exclusion?: Exclusion;
}

/** Outcomes of the paths of one problem. */
export interface Selected {
  readonly problem: Problem;
  readonly forest: LabelForest;
  readonly outcomes: readonly PathOutcome[];
}

export interface Selection {
  /** Samples of all problems of the group. */
  readonly samples: readonly TrainingSample[];
  /** One per problem, in the order of the group. */
  readonly parts: readonly Selected[];
}

/** The samples of one problem; see `selectGroup`. */
export function selectSamples(
  problem: Problem,
  rules: SelectionRules,
  seed: number,
): Pick<Selection, 'samples'> & Pick<Selected, 'outcomes'> {
  const { samples, parts } = selectGroup([problem], rules, seed);
  return { samples, outcomes: parts.flatMap(({ outcomes }) => outcomes) };
}

/**
 * Selects the samples of the records of one problem, as MM-PRM's `data_pipeline/traverse.py` does, with its rules as
 * switches. Differences: the draw is seeded by `seed` and the problem; a path through a piece without a value is left
 * out instead of failing or, if this piece is after an error, ends with that error; and the solutions of a problem in
 * separate records count as one problem. With `balance`, samples with an error come first, as there. `seen`: texts of
 * the samples of other problems too.
 */
export function selectGroup(problems: readonly Problem[], rules: SelectionRules, seed: number, seen = new SeenTexts()): Selection {
  const [first] = problems;
  if (first === undefined) return { samples: [], parts: [] };
  const parts = problems.map((problem) => {
    const forest = labelForest(problem, rules.peopleOnly);
    return { problem, forest, drafts: draftsOf(problem, forest, rules) };
  });
  const share = rightShare(
    parts.map(({ forest }) => forest),
    rules.threshold,
  );
  const excludedProblem = problemExclusion(first, share, rules);
  const kept: { sample: TrainingSample; at: number }[] = [];
  const drafts = parts.flatMap((part) => part.drafts.map((draft) => ({ part, draft })));
  const exclusions = drafts.map(({ part: { problem, forest }, draft: { sample } }, at): Exclusion | undefined => {
    const excludedRoot = rules.mixedRootsOnly ? rootExclusion(forest) : undefined;
    if (excludedProblem !== undefined || excludedRoot !== undefined) return excludedProblem ?? excludedRoot;
    if (sample === undefined) return 'missing-value';
    const text = processText(sample);
    if (text.split(' ').length <= rules.shortWords) return 'too-short';
    for (const { choice, parameter } of rules.choices ?? []) {
      const why = choice.exclude?.(sample, parameter, share);
      if (why !== undefined) return why;
    }
    if (!seen.add(JSON.stringify([problem.question, problem.images, sample.hasError, text]))) return 'duplicate';
    kept.push({ sample, at });
    return undefined;
  });
  const negative = kept.filter(({ sample }) => sample.hasError);
  const positive = kept.filter(({ sample }) => !sample.hasError);
  const drawn = !rules.balance || positive.length < negative.length ? positive : draw(positive, negative.length, seed, first);
  for (const { at } of positive) exclusions[at] = 'balanced-away';
  for (const { at } of drawn) exclusions[at] = undefined;
  const order = rules.balance ? [...negative, ...drawn] : kept;
  const sampleAt = new Map(order.map(({ at, sample }) => [at, sample]));
  let next = 0;
  const selected = parts.map(({ problem, forest, drafts: own }): Selected => {
    const begin = next;
    next += own.length;
    const outcomes = own.map(({ last, length, ends }, i): PathOutcome => {
      const exclusion = exclusions[begin + i];
      const sample = sampleAt.get(begin + i);
      return { last, length, ends, ...(sample && { sample }), ...(exclusion !== undefined && { exclusion }) };
    });
    return { problem, forest, outcomes };
  });
  return { samples: order.map(({ sample }) => sample), parts: selected };
}

/** Why no path of the problem is taken. */
function problemExclusion(
  { question }: Problem,
  share: number | undefined,
  { difficulty, heldOut }: SelectionRules,
): Exclusion | undefined {
  if (heldOut?.has(question.trim()) === true) return 'held-out';
  if (difficulty === undefined) return undefined;
  if (share === undefined) return 'unknown-difficulty';
  return share < difficulty.least ? 'too-hard' : share > difficulty.most ? 'too-easy' : undefined;
}

/** Returns the outcomes of the paths through a piece, by the index of the piece. */
export function outcomesByPiece({ forest, outcomes }: Selected): ReadonlyMap<number, ReadonlySet<PathOutcome>> {
  const through = new Map<number, Set<PathOutcome>>();
  for (const outcome of outcomes) {
    for (const end of outcome.ends) {
      for (const piece of pathTo(forest, end)) through.set(piece, (through.get(piece) ?? new Set()).add(outcome));
    }
  }
  return through;
}

/** Counts of the paths that gave no sample. */
export function countExclusions(outcomes: Iterable<PathOutcome>): Partial<Record<Exclusion, number>> {
  const counts: Partial<Record<Exclusion, number>> = {};
  for (const { exclusion } of outcomes) if (exclusion !== undefined) counts[exclusion] = (counts[exclusion] ?? 0) + 1;
  return counts;
}

/** MM-PRM's `process`: every piece with its marker. The marker counts as part of the last word, as in the reference code. */
export function processText(sample: TrainingSample): string {
  return sample.pieces.map((piece) => `${piece.text}<prm>`).join('\n\n');
}

interface Draft {
  readonly last: number;
  readonly length: number;
  readonly ends: number[];
  readonly sample: TrainingSample | undefined;
}

/** Returns one draft for every last kept piece, in document order. */
function draftsOf(problem: Problem, forest: LabelForest, { threshold, endAtError }: SelectionRules): Draft[] {
  const drafts = new Map<number, Draft>();
  for (const end of forest.ends) {
    const path = pathTo(forest, end);
    const whole = along(forest.nodes, path);
    const error = whole.findIndex(({ value = Infinity }) => value <= threshold);
    // Labels that are missing after an error do not make those before it invalid.
    const isStopped = whole.some(({ value }, i) => i > error && value === undefined);
    const length = error >= 0 && (endAtError || isStopped) ? error + 1 : path.length;
    const last = path[length - 1] ?? end;
    const known = drafts.get(last);
    if (known !== undefined) {
      known.ends.push(end);
      continue;
    }
    const pieces = whole.slice(0, length).filter((piece): piece is LabeledNode => piece.value !== undefined);
    const values = pieces.map(({ value }) => value);
    const isComplete = pieces.length === length;
    const sample = isComplete ? { problem, forest, pieces, values, hasError: error >= 0, firstError: error, threshold } : undefined;
    drafts.set(last, { last, length, ends: [end], sample });
  }
  return [...drafts.values()];
}

function rootExclusion({ rootValue }: LabelForest): Exclusion | undefined {
  return rootValue === 0 ? 'root-all-wrong' : rootValue === 1 ? 'root-all-right' : undefined;
}

function draw<T>(items: readonly T[], count: number, seed: number, problem: Problem): T[] {
  return along(items, sampleIndices(items.length, count, createRandom(seed, `${problem.id ?? ''}/${problem.question}`)));
}
