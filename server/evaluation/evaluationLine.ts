import type { Estimate } from '../reasoning/bootstrap.js';
import { SELECTIONS, type SelectionRule } from './bestOfN.js';
import type { Evaluation, ScoreOrigin, ThresholdOrigin } from './evaluation.js';
import type { ProcessBenchmark } from './evaluationInput.js';
import type { ProcessScores } from './processBenchmark.js';

/** A line of `steplens evaluate --json` (media/schemas/evaluate.schema.json), and what the evaluation panel draws. Shares are in [0, 1]; null = nothing to count. */
export type EvaluateLine = BestOfNLine | ProcessLine;

interface Provenance {
  readonly files: readonly string[];
  readonly scores: ScoreOrigin;
  readonly seed: number;
}

export interface BestOfNLine extends Provenance {
  readonly kind: 'bestOfN';
  readonly problems: number;
  readonly candidates: number;
  readonly unscored: number;
  readonly unanswered: number;
  readonly withoutVerdict: number;
  readonly sizes: readonly number[];
  readonly complete: readonly number[];
  readonly accuracy: Readonly<Record<SelectionRule, readonly EstimateLine[]>>;
  readonly gainOverRandom: Readonly<Record<SelectionRule, readonly EstimateLine[]>>;
}

export interface ProcessLine extends Provenance {
  readonly kind: 'processBenchmark';
  readonly benchmark: ProcessBenchmark;
  readonly headline: 'macroF1' | 'firstErrorF1';
  readonly threshold: number;
  readonly thresholdOrigin: ThresholdOrigin;
  readonly score: EstimateLine;
  readonly all: ScoresLine;
  readonly bySource: Readonly<Record<string, ScoresLine>>;
  readonly byModel: Readonly<Record<string, ScoresLine>>;
  readonly meanOverSources: number | null;
  readonly weightedMeanOverSources: number | null;
  readonly best: { readonly macroF1: BestLine | null; readonly firstErrorF1: BestLine | null };
  readonly sweep: {
    readonly thresholds: readonly number[];
    readonly macroF1: readonly (number | null)[];
    readonly firstErrorF1: readonly (number | null)[];
  };
  readonly neutralSteps: number;
  readonly unscoredSteps: number;
}

export interface EstimateLine {
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

export interface BestLine {
  readonly threshold: number;
  readonly value: number;
}

export interface ScoresLine {
  readonly solutions: number;
  readonly counts: { readonly tp: number; readonly fp: number; readonly tn: number; readonly fn: number };
  readonly macroF1: number | null;
  readonly f1Correct: number | null;
  readonly f1Incorrect: number | null;
  readonly microF1: number | null;
  readonly accuracy: number | null;
  readonly firstError: {
    readonly erroneous: number;
    readonly correct: number;
    readonly errorAccuracy: number | null;
    readonly correctAccuracy: number | null;
    readonly f1: number | null;
  };
}

export function evaluationLine(evaluation: Evaluation): EvaluateLine {
  return evaluation.kind === 'bestOfN' ? bestOfNLine(evaluation) : processLine(evaluation);
}

function bestOfNLine({ files, origin, seed, result, withoutVerdict }: Extract<Evaluation, { kind: 'bestOfN' }>): BestOfNLine {
  const { problems, candidates, unscored, unanswered, sizes, complete, curves, gains } = result;
  const lines = (of: Readonly<Record<SelectionRule, readonly Estimate[]>>) =>
    Object.fromEntries(SELECTIONS.map((selection) => [selection, of[selection].map(estimate)])) as Record<SelectionRule, EstimateLine[]>;
  return {
    kind: 'bestOfN',
    files,
    scores: origin,
    seed,
    problems,
    candidates,
    unscored,
    unanswered,
    withoutVerdict,
    sizes,
    complete,
    accuracy: lines(curves),
    gainOverRandom: lines(gains),
  };
}

function processLine({
  kind,
  files,
  origin,
  seed,
  result,
  thresholdOrigin,
}: Extract<Evaluation, { result: { headline: unknown } }>): ProcessLine {
  const { headline, threshold, score, all, bySource, byModel, sweep, neutralSteps, unscoredSteps } = result;
  return {
    kind: 'processBenchmark',
    benchmark: kind,
    files,
    scores: origin,
    seed,
    headline,
    threshold,
    thresholdOrigin,
    score: estimate(score),
    all: scoresLine(all),
    bySource: Object.fromEntries([...bySource].map(([key, scores]) => [key, scoresLine(scores)])),
    byModel: Object.fromEntries([...byModel].map(([key, scores]) => [key, scoresLine(scores)])),
    meanOverSources: known(result.meanOverSources),
    weightedMeanOverSources: known(result.weightedMeanOverSources),
    best: { macroF1: sweep.bestMacroF1 ?? null, firstErrorF1: sweep.bestFirstErrorF1 ?? null },
    sweep: { thresholds: sweep.thresholds, macroF1: sweep.macroF1.map(known), firstErrorF1: sweep.firstErrorF1.map(known) },
    neutralSteps,
    unscoredSteps,
  };
}

function scoresLine({ solutions, steps, firstError }: ProcessScores): ScoresLine {
  const { counts, macroF1, microF1, f1Correct, f1Incorrect, accuracy } = steps;
  const { erroneous, correct, errorAccuracy, correctAccuracy, f1 } = firstError;
  return {
    solutions,
    counts,
    macroF1: known(macroF1),
    f1Correct: known(f1Correct),
    f1Incorrect: known(f1Incorrect),
    microF1: known(microF1),
    accuracy: known(accuracy),
    firstError: { erroneous, correct, errorAccuracy: known(errorAccuracy), correctAccuracy: known(correctAccuracy), f1: known(f1) },
  };
}

function estimate({ value, low, high }: Estimate): EstimateLine {
  return { value: known(value), low: known(low), high: known(high) };
}

function known(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : value;
}
