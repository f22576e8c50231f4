import type { Verifier } from '../answers/verifier.js';
import type { Problem, ReasoningDocument } from '../reasoning/problem.js';
import { type BestOfN, bestOfNInParts } from './bestOfN.js';
import {
  BENCHMARKS,
  candidateSet,
  type EvaluationKind,
  evaluationKind,
  isCandidateSet,
  labeledSolutions,
  lacksVerdicts,
  type ProcessBenchmark,
  recordedScores,
  withVerdicts,
} from './evaluationInput.js';
import { type ProcessReport, processReport } from './processBenchmark.js';

/** Used when neither a setting nor a model gives a threshold. */
export const defaultThreshold = 0.5;

/** Why a document was not taken, and which documents are. */
export const nothingToEvaluate =
  'there is nothing to evaluate in it; candidate sets have several solutions with verdicts or a reference answer, process benchmarks have step labels';

/** Where the scores of an evaluation come from. */
export interface ScoreOrigin {
  /** Files whose own scores were used. */
  readonly recorded: number;
  /** Files scored with `model`. */
  readonly scored: number;
  readonly model?: string;
  readonly device?: string;
  /** Why steps were not scored, and how many for each reason; absent when all were. */
  readonly notScored?: readonly { readonly reason: string; readonly steps: number }[];
}

/** A model's scores for the steps of a problem. */
export interface StepScores {
  /** One score in [0, 1] per step; NaN = not scored. */
  readonly scores: ArrayLike<number>;
  /** Why a step was not scored, by step. */
  readonly skipped: ReadonlyMap<number, string>;
}

/** Where the threshold of a process benchmark comes from: fixed before (by an option or setting, by the model or as the default), or swept on a validation file. */
export type ThresholdOrigin = 'fixed' | 'fixed by the model' | 'default' | `swept on ${string}`;

/** The result for one kind of file, as the output formats show it. */
export type Evaluation = { readonly files: readonly string[]; readonly origin: ScoreOrigin; readonly seed: number } & (
  | { readonly kind: 'bestOfN'; readonly result: BestOfN; readonly withoutVerdict: number }
  | { readonly kind: ProcessBenchmark; readonly result: ProcessReport; readonly thresholdOrigin: ThresholdOrigin }
);

export interface EvaluationOptions {
  readonly seed: number;
  /** If undefined, the threshold of the scoring model, else 0.5. */
  readonly threshold: number | undefined;
  /** The file that the threshold was swept on, if it was swept. */
  readonly sweptOn?: string;
  /** Scores with the model even when the file has scores. */
  readonly rescore: boolean;
}

/** Everything an evaluation needs from outside. */
export interface EvaluationWorld {
  /** Scores a problem; `onProgress` gets the number of its steps that are done. */
  score(problem: Problem, file: string, onProgress: (done: number) => void): Promise<StepScores>;
  /** The model that scored; called only after scoring. */
  model(): { readonly model: string; readonly device: string; readonly threshold: number } | undefined;
  /** Judges candidates without a verdict. */
  readonly verifier: Verifier;
  /** Steps of a file that are done, and all its steps; called while the model scores them. */
  onProgress(file: string, done: number, total: number): void;
  /** Called between the parts of long calculations, so that other work can run. Rejects when cancelled. */
  pause(): Promise<void>;
}

/** Scores from a file come without reasons for the missing ones. */
const none: ReadonlyMap<number, string> = new Map();

interface Group {
  readonly files: string[];
  readonly problems: { readonly problem: Problem; readonly scores: ArrayLike<number>; readonly id: string }[];
  /** Number of steps without a score, by reason. */
  readonly notScored: Map<string, number>;
  recorded: number;
  scored: number;
}

/** Gathers documents by kind, scores those that have no scores, and evaluates each kind as one set. */
export class EvaluationRun {
  readonly #options: EvaluationOptions;
  readonly #world: EvaluationWorld;
  readonly #groups = new Map<EvaluationKind, Group>();

  constructor(options: EvaluationOptions, world: EvaluationWorld) {
    this.#options = options;
    this.#world = world;
  }

  /** Adds a document; returns false when it has nothing to evaluate. Rejects as `score` does. */
  async add(file: string, document: ReasoningDocument): Promise<boolean> {
    const reasoning = await this.#judged(document);
    const kind = evaluationKind(reasoning);
    if (kind === undefined) return false;
    const group = this.#groups.get(kind) ?? { files: [], problems: [], notScored: new Map<string, number>(), recorded: 0, scored: 0 };
    this.#groups.set(kind, group);
    group.files.push(file);
    const problems = reasoning.problems.map((problem) => ({ problem, recorded: recordedScores(problem) }));
    const isRecorded = !this.#options.rescore && problems.some(({ recorded }) => recorded.some((score) => !Number.isNaN(score)));
    if (isRecorded) group.recorded++;
    else group.scored++;
    const total = reasoning.problems.reduce((sum, problem) => sum + problem.steps.length, 0);
    let done = 0;
    for (const { problem, recorded } of problems) {
      const { scores, skipped } = isRecorded
        ? { scores: recorded, skipped: none }
        : await this.#world.score(problem, file, (finished) => this.#world.onProgress(file, done + finished, total));
      for (const reason of skipped.values()) group.notScored.set(reason, (group.notScored.get(reason) ?? 0) + 1);
      done += problem.steps.length;
      group.problems.push({ problem, scores, id: `${group.files.length}/${problem.index}` });
    }
    return true;
  }

  /** Returns one evaluation per kind of file, in the order in which the kinds were added. Rejects as `pause` does. */
  async evaluations(): Promise<Evaluation[]> {
    const all: Evaluation[] = [];
    for (const [kind, group] of this.#groups) all.push(await this.#evaluation(kind, group));
    return all;
  }

  /** Lets the verifier judge the candidates that have no verdict in the file. */
  async #judged(reasoning: ReasoningDocument): Promise<ReasoningDocument> {
    if (!reasoning.problems.some(lacksVerdicts)) return reasoning;
    const problems: Problem[] = [];
    for (const problem of reasoning.problems) {
      problems.push(lacksVerdicts(problem) ? await withVerdicts(problem, this.#world.verifier) : problem);
      await this.#world.pause();
    }
    return { ...reasoning, problems };
  }

  async #evaluation(kind: EvaluationKind, { files, problems, notScored: reasons, recorded, scored }: Group): Promise<Evaluation> {
    const { seed } = this.#options;
    const used = scored > 0 ? this.#world.model() : undefined;
    const notScored = [...reasons].map(([reason, steps]) => ({ reason, steps }));
    const model = used && { model: used.model, device: used.device };
    const about = { files, origin: { recorded, scored, ...model, ...(notScored.length > 0 && { notScored }) }, seed };
    if (kind === 'bestOfN') {
      const usable = problems.filter(({ problem }) => isCandidateSet(problem));
      const sets = usable.map(({ problem, scores, id }) => candidateSet(problem, scores, id));
      const parts = bestOfNInParts(sets, seed);
      let part = parts.next();
      while (!part.done) {
        await this.#world.pause();
        part = parts.next();
      }
      return { ...about, kind, result: part.value, withoutVerdict: problems.length - usable.length };
    }
    const solutions = problems.flatMap(({ problem, scores }) => labeledSolutions(problem, scores));
    const threshold = this.#options.threshold ?? used?.threshold ?? defaultThreshold;
    const { sweptOn } = this.#options;
    const origin: ThresholdOrigin =
      this.#options.threshold === undefined
        ? used
          ? 'fixed by the model'
          : 'default'
        : sweptOn === undefined
          ? 'fixed'
          : `swept on ${sweptOn}`;
    await this.#world.pause();
    return { ...about, kind, thresholdOrigin: origin, result: processReport(solutions, BENCHMARKS[kind].headline, threshold, seed) };
  }
}
