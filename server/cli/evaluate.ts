import { bestOfN, type BestOfN } from '../evaluation/bestOfN.js';
import { BENCHMARKS, candidateSet, evaluationKind, isCandidateSet, labelledSolutions, lacksVerdicts, recordedScores, withVerdicts, type EvaluationKind } from '../evaluation/evaluationInput.js';
import { processReport, type ProcessReport } from '../evaluation/processBenchmark.js';
import { count } from '../language/solutionValues.js';
import type { Problem, ReasoningDocument } from '../reasoning/problem.js';
import { ScoringError, type Scorer, type ScorerInfo } from '../scoring/scorer.js';
import { devices } from '../settings.js';
import { exitCodes, UsageError, type CliWorld, type Command } from './command.js';
import { parseOptions, seedOption, thresholdOption } from './commandOptions.js';
import { bestOfNLine, processLine } from './evaluateLines.js';
import { bestOfNTable, processTable } from './evaluateTables.js';
import type { InputFile } from './inputFiles.js';
import { ProgressLine } from './progressLine.js';
import { ReportedInput } from './reportedInput.js';

/** Where neither an option nor a model says otherwise. */
const defaultThreshold = 0.5;

export const evaluate: Command = {
  name: 'evaluate',
  summary: 'Best-of-N of candidate sets, scores on process benchmarks; tables, or --json',
  help: `Usage: steplens evaluate FILE... [OPTIONS]

Candidate sets give accuracy by way of choosing (pass@N, random, majority, PRM) for every N;
VisualProcessBench, ProcessBench and PRMBench files, and others with human step labels, give the
scores their authors report. Files of one kind are taken together. Scores that stand in a file
are used; a file without any is scored with the model. Final answers without a verdict are compared
with the reference answer by rule and computer algebra; what that cannot decide is left out.

  --json           one JSON object for each kind of file and line
  --threshold X    a step below X in [0, 1] is called wrong (default: the model's, else ${defaultThreshold})
  --seed N         for resampling and intervals (default: 1)
  --rescore        score with the model also where scores stand in the file
  --model DIR      folder of a model with its prm.json (default: the bundled model)
  --device D       ${devices.join(', ')} (default: auto)
  --no-cache       neither read nor write stored scores

Exit codes: 0 done, 2 bad usage, unreadable input or nothing to evaluate, 130 interrupted.
`,
  async run(args, world) {
    const run = new EvaluateRun(readOptions(args), world);
    try {
      return await run.all();
    } catch (error) {
      if (world.signal.aborted) return exitCodes.interrupted;
      if (!(error instanceof ScoringError)) throw error;
      world.err.write(`steplens: ${error.message}\n`);
      return exitCodes.unusable;
    } finally {
      await run.dispose();
    }
  },
};

/** Where the scores of an evaluation come from. */
export interface ScoreOrigin {
  /** Files whose own scores were used. */
  readonly recorded: number;
  /** Files scored with `model`. */
  readonly scored: number;
  readonly model?: string;
  readonly device?: string;
}

/** What the output formats show of one kind of file. */
export type Evaluation = { readonly files: readonly string[]; readonly origin: ScoreOrigin; readonly seed: number } & (
  | { readonly kind: 'bestOfN'; readonly result: BestOfN; readonly withoutVerdict: number }
  | { readonly kind: Exclude<EvaluationKind, 'bestOfN'>; readonly result: ProcessReport }
);

interface Group {
  readonly files: string[];
  readonly problems: { readonly problem: Problem; readonly scores: ArrayLike<number>; readonly id: string }[];
  recorded: number;
  scored: number;
}

class EvaluateRun {
  readonly #options: EvaluateOptions;
  readonly #world: CliWorld;
  readonly #groups = new Map<EvaluationKind, Group>();
  readonly #progress: ProgressLine;
  #scorer: Scorer | undefined;
  #info: ScorerInfo | undefined;

  constructor(options: EvaluateOptions, world: CliWorld) {
    this.#options = options;
    this.#world = world;
    this.#progress = new ProgressLine(world);
  }

  async all(): Promise<number> {
    const input = new ReportedInput(this.#options.files, this.#world);
    for await (const read of input.files()) {
      const file = { ...read, reasoning: await this.#judged(read.reasoning) };
      const kind = evaluationKind(file.reasoning);
      if (kind === undefined) input.complain(`${file.file}: there is nothing to evaluate in it; candidate sets have several solutions with verdicts or a reference answer, process benchmarks have step labels`);
      else await this.#add(kind, file);
    }
    this.#progress.clear();
    for (const [kind, group] of this.#groups) this.#print(this.#evaluation(kind, group));
    return input.failed > 0 ? exitCodes.unusable : exitCodes.done;
  }

  async dispose(): Promise<void> {
    this.#progress.clear();
    await this.#scorer?.dispose();
  }

  async #add(kind: EvaluationKind, { file, reasoning }: InputFile): Promise<void> {
    const group = this.#groups.get(kind) ?? { files: [], problems: [], recorded: 0, scored: 0 };
    this.#groups.set(kind, group);
    group.files.push(file);
    const own = reasoning.problems.map(recordedScores);
    const isRecorded = !this.#options.rescore && own.some((scores) => scores.some((score) => !Number.isNaN(score)));
    if (isRecorded) group.recorded++;
    else group.scored++;
    const total = reasoning.problems.reduce((sum, problem) => sum + problem.steps.length, 0);
    let done = 0;
    for (const problem of reasoning.problems) {
      const scores = isRecorded ? own[problem.index]! : await this.#score(problem, (finished) => this.#progress.show(file, done + finished, total));
      done += problem.steps.length;
      group.problems.push({ problem, scores, id: `${group.files.length}/${problem.index}` });
    }
  }

  /** Candidates the file gives no verdict on are judged by the rules; the algebra they need is loaded for them alone. */
  async #judged(reasoning: ReasoningDocument): Promise<ReasoningDocument> {
    if (!reasoning.problems.some(lacksVerdicts)) return reasoning;
    const { createAlgebra } = await import('../labeling/answers/computeEngine.js');
    const algebra = createAlgebra();
    return { ...reasoning, problems: reasoning.problems.map((problem) => (lacksVerdicts(problem) ? withVerdicts(problem, algebra) : problem)) };
  }

  async #score({ question, images, steps }: Problem, onProgress: (done: number) => void): Promise<ArrayLike<number>> {
    const { modelPath, device, useCache } = this.#options;
    const { signal } = this.#world;
    signal.throwIfAborted();
    this.#scorer ??= this.#world.createScorer({ modelPath, device, threads: 0 }, useCache ? this.#world.cacheFolder : undefined);
    this.#info ??= await this.#scorer.describe(signal);
    return (await this.#scorer.score({ question, images, steps }, { signal, onProgress })).scores;
  }

  #evaluation(kind: EvaluationKind, { files, problems, recorded, scored }: Group): Evaluation {
    const { seed } = this.#options;
    const model = scored > 0 && this.#info ? { model: this.#info.model, device: this.#info.device.provider } : {};
    const about = { files, origin: { recorded, scored, ...model }, seed };
    if (kind === 'bestOfN') {
      const usable = problems.filter(({ problem }) => isCandidateSet(problem));
      const sets = usable.map(({ problem, scores, id }) => candidateSet(problem, scores, id));
      return { ...about, kind, result: bestOfN(sets, seed), withoutVerdict: problems.length - usable.length };
    }
    const solutions = problems.flatMap(({ problem, scores }) => labelledSolutions(problem, scores));
    const threshold = this.#options.threshold ?? (scored > 0 ? this.#info?.threshold : undefined) ?? defaultThreshold;
    return { ...about, kind, result: processReport(solutions, BENCHMARKS[kind].headline, threshold, seed) };
  }

  #print(evaluation: Evaluation): void {
    const { out } = this.#world;
    if (this.#options.json) {
      out.write(`${JSON.stringify(evaluation.kind === 'bestOfN' ? bestOfNLine(evaluation) : processLine(evaluation))}\n`);
      return;
    }
    out.write(evaluation.kind === 'bestOfN' ? bestOfNTable(evaluation) : processTable(evaluation));
    out.write(`  ${originText(evaluation)}\n\n`);
  }
}

function originText({ origin, seed }: Evaluation): string {
  const parts = [
    ...(origin.recorded > 0 ? [`scores as they stand in ${count(origin.recorded, 'file')}`] : []),
    ...(origin.scored > 0 ? [`${count(origin.scored, 'file')} scored with ${origin.model ?? 'the model'} on ${origin.device ?? 'no device'}`] : []),
  ];
  return `${parts.join(', ')} · seed ${seed}`.replace(/^s/, 'S');
}

interface EvaluateOptions {
  readonly files: readonly string[];
  readonly json: boolean;
  readonly rescore: boolean;
  readonly threshold: number | undefined;
  readonly seed: number;
  readonly modelPath: string;
  readonly device: (typeof devices)[number];
  readonly useCache: boolean;
}

function readOptions(args: readonly string[]): EvaluateOptions {
  const { values, positionals } = parseOptions(args, {
    json: { type: 'boolean', default: false },
    rescore: { type: 'boolean', default: false },
    threshold: { type: 'string' },
    seed: { type: 'string', default: '1' },
    model: { type: 'string', default: '' },
    device: { type: 'string', default: 'auto' },
    'no-cache': { type: 'boolean', default: false },
  });
  if (positionals.length === 0) throw new UsageError('evaluate needs a file or folder');
  const device = devices.find((one) => one === values.device);
  if (!device) throw new UsageError(`--device is one of ${devices.join(', ')}, not "${values.device}"`);
  return {
    files: positionals,
    json: values.json,
    rescore: values.rescore,
    threshold: thresholdOption(values.threshold),
    seed: seedOption(values.seed),
    modelPath: values.model,
    device,
    useCache: !values['no-cache'],
  };
}
