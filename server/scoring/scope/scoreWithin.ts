import { english } from '../../l10n.js';
import { itemAt, mustGet } from '../../reasoning/present.js';
import type { ScoreJob, ScoreResult } from '../scorer.js';
import type { Scope } from './scope.js';

/** Number of characters of a text that are checked: they are enough to recognize how a longer text is written. */
const longestLook = 20_000;

/**
 * Why a step without text has no score. It stays in the sequence, with its marker or turn, because no family's
 * authors remove empty steps. Later steps are therefore scored as by the authors' code.
 */
const emptyStep = (): string => english('the step has no text');

/**
 * Scores the part of a job that the model knows: the steps whose question, whose own text and all of whose earlier steps are within its
 * scope. The others and those without text have no score, and `outOfScope` names those outside. `score` is not called when nothing is left.
 *
 * @param model The model's name, for the reason.
 * @param scope Undefined: the model's profile declares none, so everything is scored.
 */
export async function scoreWithin(
  model: string,
  scope: Scope | undefined,
  job: ScoreJob,
  score: (job: ScoreJob) => Promise<ScoreResult>,
): Promise<ScoreResult> {
  const outside = scope ? outOfScope(model, scope, job) : new Map<number, string>();
  const empty = job.steps.flatMap(({ text }, step) => (text.trim() === '' ? [step] : []));
  if (outside.size === 0 && empty.length === 0) return score(job);
  const scores = new Float64Array(job.steps.length).fill(NaN);
  const outcome = { scores, ...(outside.size > 0 && { outOfScope: new Set(outside.keys()) }) };
  const inside = job.steps.flatMap((_, step) => (outside.has(step) ? [] : [step]));
  const skipped = new Map(outside);
  for (const step of empty) if (!skipped.has(step)) skipped.set(step, emptyStep());
  if (inside.every((step) => skipped.has(step))) return { ...outcome, skipped, cached: 0, tokens: 0 };

  const places = new Map(inside.map((step, place) => [step, place]));
  const steps = inside.map((step) => {
    const { text, parent } = itemAt(job.steps, step);
    return parent === undefined ? { text } : { text, parent: mustGet(places, parent) };
  });
  const result = await score({ ...job, steps });
  inside.forEach((step, place) => (scores[step] = skipped.has(step) ? NaN : itemAt(result.scores, place)));
  for (const [place, reason] of result.skipped) if (!skipped.has(itemAt(inside, place))) skipped.set(itemAt(inside, place), reason);
  return { ...result, ...outcome, skipped };
}

/** Reasons, by step, why steps are outside what the model knows. All steps after such a step are outside, too. */
function outOfScope(model: string, scope: Scope, { question, steps }: ScoreJob): Map<number, string> {
  const outside = new Map<number, string>();
  const lead = english('{0} knows only {1}', model, scope.knows);
  const isWithin = (text: string, least: number) => scope.share(text.slice(0, longestLook)) >= least;
  if (!isWithin(question, scope.question)) {
    const reason =
      question.trim() === ''
        ? english('{0}, and there is no question here.', lead)
        : english('{0}, and this question is not one of them.', lead);
    steps.forEach((_, step) => outside.set(step, reason));
    return outside;
  }
  // Candidates share their first steps, so each text is checked only once.
  const seen = new Map<string, boolean>();
  steps.forEach(({ text, parent }, step) => {
    if (parent !== undefined && outside.has(parent)) {
      outside.set(step, english('{0}, and an earlier step is written in another way.', lead));
      return;
    }
    if (text.trim() === '') return;
    let within = seen.get(text);
    if (within === undefined) seen.set(text, (within = isWithin(text, scope.step)));
    if (!within) outside.set(step, english('{0}, and this step is written in another way.', lead));
  });
  return outside;
}
