import { setImmediate } from 'node:timers/promises';
import type { Verifier } from '../answers/verifier.js';
import {
  defaultThreshold,
  type Evaluation,
  type EvaluationOptions,
  EvaluationRun,
  nothingToEvaluate,
  type StepScores,
} from '../evaluation/evaluation.js';
import { evaluationLine } from '../evaluation/evaluationLine.js';
import { problemImages } from '../files/images.js';
import { countedNoun } from '../language/solutionValues.js';
import { devices } from '../protocol/settingsTable.js';
import type { Problem } from '../reasoning/problem.js';
import { type Scorer, type ScorerInfo, scoreJob } from '../scoring/scorer.js';
import { type CliCommand, type CliWorld, exitCodes, UsageError } from './command.js';
import { deviceOption, parseOptions, seedOption, thresholdOption } from './commandOptions.js';
import { bestOfNTable, processTable } from './evaluateTables.js';
import { imagesHelp, imagesOption, placeOfFile } from './imageFolders.js';
import { ProgressLine } from './progressLine.js';
import { ReportedInput } from './reportedInput.js';
import { allowedOrigins, serverHelp, serverOption } from './serverOption.js';
import { openChosenVerifier, verifierHelp, verifierOption } from './verifierOption.js';

export const evaluate: CliCommand = {
  name: 'evaluate',
  summary: 'Best-of-N of candidate sets, scores on process benchmarks; tables, or --json',
  help: `Usage: steplens evaluate FILE... [OPTIONS]

Candidate sets give accuracy by way of choosing (pass@N, random, majority, PRM) for every N;
VisualProcessBench, ProcessBench and PRMBench files, and others with human step labels, give the
scores their authors report. Files of one kind are taken together. Scores that are in a file
are used; a file without any is scored with the model. Final answers without a verdict are compared
with the reference answer by the rules of verify; what they cannot decide is left out.

  --json           one JSON object for each kind of file and line
  --threshold X    a step below X in [0, 1] is called wrong (default: the model's, else ${defaultThreshold})
  --threshold-from FILE  takes the threshold that is best on a validation file of the same kind
  --seed N         for resampling and intervals (default: 1)
  --rescore        score with the model also where scores are in the file
  --model DIR      folder of a model with its prm.json (default: the bundled model)
  --device D       ${devices.join(', ')} (default: auto)
  --no-cache       neither read nor write stored scores
  ${verifierHelp(17)}
  ${imagesHelp}
  ${serverHelp}

Exit codes: 0 done, 2 bad usage, unreadable input or nothing to evaluate, 130 interrupted.
`,
  async run(args, world) {
    const run = new EvaluateRun(readOptions(args), world);
    try {
      return await run.all();
    } finally {
      await run.dispose();
    }
  },
};

class EvaluateRun {
  readonly #options: EvaluateOptions;
  readonly #world: CliWorld;
  readonly #progress: ProgressLine;
  readonly #verifier: Verifier;
  #scorer: Scorer | undefined;
  #info: ScorerInfo | undefined;

  constructor(options: EvaluateOptions, world: CliWorld) {
    this.#options = options;
    this.#world = world;
    this.#progress = new ProgressLine(world);
    this.#verifier = openChosenVerifier(options.verifier, world, options.servers);
  }

  async all(): Promise<number> {
    const { validation } = this.#options;
    const swept = validation === undefined ? undefined : await this.#sweep(validation);
    const input = new ReportedInput(this.#options.files, this.#world);
    const sweeping = validation === undefined || swept === undefined ? {} : { threshold: swept, sweptOn: validation };
    const run = this.#open({ ...this.#options, ...sweeping });
    for await (const { file, reasoning } of input.files()) {
      if (!(await run.add(file, reasoning))) input.complain(`${file}: ${nothingToEvaluate}`);
    }
    this.#progress.clear();
    for (const evaluation of await run.evaluations()) this.#print(evaluation);
    return input.failed > 0 ? exitCodes.unusable : exitCodes.done;
  }

  /** The threshold with the best headline on a validation file. Throws UsageError when it has none. */
  async #sweep(validation: string): Promise<number> {
    const run = this.#open(this.#options);
    for await (const { file, reasoning } of new ReportedInput([validation], this.#world).files()) await run.add(file, reasoning);
    this.#progress.clear();
    for (const evaluation of await run.evaluations()) {
      if (evaluation.kind === 'bestOfN') continue;
      const { headline, sweep } = evaluation.result;
      const best = headline === 'macroF1' ? sweep.bestMacroF1 : sweep.bestFirstErrorF1;
      if (best !== undefined) return best.threshold;
    }
    throw new UsageError(`--threshold-from: ${validation} has no steps with both a label and a score`);
  }

  #open(options: EvaluationOptions): EvaluationRun {
    return new EvaluationRun(options, {
      score: (problem, file, onProgress) => this.#score(problem, file, onProgress),
      model: () => this.#info && { model: this.#info.model, device: this.#info.device.provider, threshold: this.#info.threshold },
      verifier: this.#verifier,
      onProgress: (file, done, total) => this.#progress.show(file, done, total),
      // Ctrl-C takes effect between two parts.
      pause: async () => {
        await setImmediate();
        this.#world.signal.throwIfAborted();
      },
    });
  }

  async dispose(): Promise<void> {
    this.#progress.clear();
    await Promise.all([this.#scorer?.dispose(), this.#verifier.dispose()]);
  }

  async #score(problem: Problem, file: string, onProgress: (done: number) => void): Promise<StepScores> {
    const { modelPath, device, useCache, servers } = this.#options;
    const { signal } = this.#world;
    signal.throwIfAborted();
    this.#scorer ??= this.#world.createScorer({ modelPath, device, threads: 0 }, useCache ? this.#world.cacheFolder : undefined, servers);
    this.#info ??= await this.#scorer.describe(signal);
    const job = scoreJob(problem, problemImages(placeOfFile(file, this.#options.images), problem.images));
    return this.#scorer.score(job, { signal, onProgress });
  }

  #print(evaluation: Evaluation): void {
    const { out } = this.#world;
    if (this.#options.json) {
      out.write(`${JSON.stringify(evaluationLine(evaluation))}\n`);
      return;
    }
    out.write(evaluation.kind === 'bestOfN' ? bestOfNTable(evaluation) : processTable(evaluation));
    for (const { reason, steps } of evaluation.origin.notScored ?? []) out.write(`  ${countedNoun(steps, 'step')} not scored. ${reason}\n`);
    out.write(`  ${originText(evaluation)}\n\n`);
  }
}

function originText({ origin, seed }: Evaluation): string {
  const parts = [
    ...(origin.recorded > 0 ? [`scores as they are in ${countedNoun(origin.recorded, 'file')}`] : []),
    ...(origin.scored > 0
      ? [`${countedNoun(origin.scored, 'file')} scored with ${origin.model ?? 'the model'} on ${origin.device ?? 'no device'}`]
      : []),
  ];
  return `${parts.join(', ')} · seed ${seed}`.replace(/^s/, 'S');
}

interface EvaluateOptions {
  readonly files: readonly string[];
  readonly json: boolean;
  readonly rescore: boolean;
  readonly threshold: number | undefined;
  readonly validation: string | undefined;
  readonly seed: number;
  readonly modelPath: string;
  readonly device: (typeof devices)[number];
  readonly useCache: boolean;
  readonly images: readonly string[];
  readonly servers: readonly string[];
  /** A command or endpoint that verifies answers instead of the rules. */
  readonly verifier: string | undefined;
}

function readOptions(args: readonly string[]): EvaluateOptions {
  const { values, positionals } = parseOptions(args, {
    json: { type: 'boolean', default: false },
    rescore: { type: 'boolean', default: false },
    threshold: { type: 'string' },
    'threshold-from': { type: 'string' },
    seed: { type: 'string', default: '1' },
    model: { type: 'string', default: '' },
    device: { type: 'string', default: 'auto' },
    'no-cache': { type: 'boolean', default: false },
    ...imagesOption,
    ...serverOption,
    ...verifierOption,
  });
  if (positionals.length === 0) throw new UsageError('evaluate needs a file or folder');
  if (values.threshold !== undefined && values['threshold-from'] !== undefined)
    throw new UsageError('--threshold and --threshold-from exclude each other');
  return {
    files: positionals,
    json: values.json,
    rescore: values.rescore,
    threshold: thresholdOption(values.threshold),
    validation: values['threshold-from'],
    seed: seedOption(values.seed),
    modelPath: values.model,
    device: deviceOption(values.device),
    useCache: !values['no-cache'],
    images: values.images,
    servers: allowedOrigins(values['allow-server']),
    verifier: values.verifier,
  };
}
