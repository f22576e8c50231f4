import { problemImages } from '../files/images.js';
import type { InputFile } from '../files/inputFiles.js';
import { scoredProblem } from '../language/scoredDocument.js';
import { countedNoun } from '../language/solutionValues.js';
import { formatStepValue } from '../language/valueText.js';
import { ModelError } from '../models/modelError.js';
import type { ServerSettings } from '../protocol/settingsTable.js';
import { devices } from '../protocol/settingsTable.js';
import { type Scorer, type ScorerInfo, scoreJob } from '../scoring/scorer.js';
import { type CliCommand, type CliWorld, exitCodes, UsageError } from './command.js';
import { deviceOption, parseOptions, threadsOption, thresholdOption } from './commandOptions.js';
import { imagesHelp, imagesOption, placeOfFile } from './imageFolders.js';
import { ProgressLine } from './progressLine.js';
import { ReportedInput } from './reportedInput.js';
import { scoreLine } from './scoreLines.js';
import { problemTable, tableHeader } from './scoreTable.js';
import { allowedOrigins, serverHelp, serverOption } from './serverOption.js';
import { verifyProfile } from './verifyProfile.js';

const widthWithoutTerminal = 120;

export const score: CliCommand = {
  name: 'score',
  summary: 'score the steps of files; table, or --json (one object per solution and line)',
  help: `Usage: steplens score FILE... [OPTIONS]
       steplens score --verify-profile --model DIR [OPTIONS]

Scores every reasoning step with a process reward model. In a folder, all files below it that StepLens
recognizes are scored.

  --json           one JSON object per solution and line; a tree gives its root-to-leaf paths
  --model DIR      folder of a model with its prm.json (default: the bundled model)
  --device D       ${devices.join(', ')} (default: auto)
  --threads N      threads on the CPU (default: half the cores, at most 4)
  --threshold X    a step below X in [0, 1] is low (default: the model's own)
  --no-cache       neither read nor write stored scores
  ${imagesHelp}
  ${serverHelp}
  --verify-profile score the examples whose values the authors of the model's family published,
                   instead of files, and say pass or fail
  --verbose        also print why devices were passed over

Exit codes: 0 done, 1 a verified profile does not agree, 2 bad usage or unreadable input (what can be read is still scored),
130 interrupted.
`,
  async run(args, world) {
    const options = readOptions(args);
    const scorer = world.createScorer(options, options.useCache ? world.cacheFolder : undefined, options.servers);
    const run = new ScoreRun(options, scorer, world);
    try {
      return await (options.verifyProfile ? verifyProfile(options.modelPath, scorer, world) : run.all());
    } finally {
      await scorer.dispose();
    }
  },
};

interface ScoreCliOptions extends Pick<ServerSettings, 'modelPath' | 'device' | 'threads' | 'threshold'> {
  readonly files: readonly string[];
  readonly json: boolean;
  readonly useCache: boolean;
  readonly verbose: boolean;
  readonly verifyProfile: boolean;
  readonly images: readonly string[];
  readonly servers: readonly string[];
}

class ScoreRun {
  readonly #options: ScoreCliOptions;
  readonly #scorer: Scorer;
  readonly #world: CliWorld;
  readonly #progress: ProgressLine;
  readonly #started: number;
  #info: ScorerInfo | undefined;
  readonly #input: ReportedInput;
  #files = 0;
  #problems = 0;
  #steps = 0;
  #cached = 0;
  #firstLow = 0;
  #unscored = 0;
  #isOutOfScope = false;

  constructor(options: ScoreCliOptions, scorer: Scorer, world: CliWorld) {
    this.#options = options;
    this.#scorer = scorer;
    this.#world = world;
    this.#progress = new ProgressLine(world);
    this.#input = new ReportedInput(options.files, world, () => this.#progress.clear());
    this.#started = world.now();
  }

  async all(): Promise<number> {
    try {
      for await (const file of this.#input.files()) await this.#file(file);
    } catch (error) {
      this.#progress.clear();
      if (this.#world.signal.aborted) return exitCodes.interrupted;
      if (!(error instanceof ModelError)) throw error;
      this.#input.complain(error.message);
    }
    if (this.#info && !this.#options.json) this.#world.out.write(this.#summary(this.#info));
    return this.#input.failed > 0 ? exitCodes.unusable : exitCodes.done;
  }

  async #file(input: InputFile): Promise<void> {
    if (!this.#options.json) this.#world.out.write(`${this.#files === 0 ? tableHeader : ''}\n${input.file}\n`);
    this.#files++;
    await this.#problemsOf(input);
  }

  async #problemsOf(input: InputFile): Promise<void> {
    const { problems } = input.reasoning;
    const total = problems.reduce((sum, problem) => sum + problem.steps.length, 0);
    let done = 0;
    for (const problem of problems) {
      const { signal } = this.#world;
      signal.throwIfAborted();
      this.#info ??= await this.#describe();
      const images = problemImages(placeOfFile(input.file, this.#options.images), problem.images);
      const onProgress = (finished: number) => this.#progress.show(input.file, done + finished, total);
      const result = await this.#scorer.score(scoreJob(problem, images), { signal, onProgress });
      // The device may have changed: it was lost, or its memory was too small.
      const info = (this.#info = await this.#scorer.describe(signal));
      const threshold = this.#options.threshold ?? info.threshold;
      const scored = scoredProblem(problem, result, threshold);
      done += problem.steps.length;
      this.#problems++;
      this.#steps += problem.steps.length;
      this.#cached += result.cached;
      this.#unscored += result.skipped.size;
      this.#isOutOfScope ||= (result.outOfScope?.size ?? 0) > 0;
      this.#firstLow += scored.steps.filter((step) => step.firstLow).length;
      this.#progress.clear();
      if (this.#options.json) {
        for (const solution of problem.solutions) {
          this.#world.out.write(`${JSON.stringify(scoreLine(input, scored, solution, threshold, info))}\n`);
        }
      } else {
        const { out, isColorful } = this.#world;
        this.#world.out.write(problemTable(input, scored, { width: out.columns ?? widthWithoutTerminal, threshold, isColorful }));
      }
    }
  }

  async #describe(): Promise<ScorerInfo> {
    const info = await this.#scorer.describe(this.#world.signal);
    if (this.#options.verbose) {
      for (const { provider, reason } of info.device.passedOver) this.#input.note(`${provider} passed over: ${reason}`);
    }
    return info;
  }

  #summary({ model, knows, device, threshold }: ScorerInfo): string {
    const seconds = (this.#world.now() - this.#started) / 1000;
    const where = device.server ?? device.adapter;
    const on = where === undefined ? device.provider : `${device.provider} (${where})`;
    const cached = this.#cached > 0 ? ` (${this.#cached.toLocaleString('en-US')} from the cache)` : '';
    const low = `${countedNoun(this.#firstLow, 'first low step')} (threshold ${formatStepValue(this.#options.threshold ?? threshold)})`;
    const amounts = [
      countedNoun(this.#files, 'file'),
      countedNoun(this.#problems, 'problem'),
      countedNoun(this.#steps, 'step') + cached,
    ].join(', ');
    const unscored = this.#unscored > 0 ? ` · ${countedNoun(this.#unscored, 'step')} not scored` : '';
    const remedy = this.#isOutOfScope ? `${model} scores only ${knows}. Choose a model for other text with --model DIR.\n` : '';
    return `\n${model} on ${on}: ${amounts} in ${seconds.toFixed(1)} s · ${low}${unscored}\n${remedy}`;
  }
}

function readOptions(args: readonly string[]): ScoreCliOptions {
  const { values, positionals } = parseOptions(args, {
    json: { type: 'boolean', default: false },
    model: { type: 'string', default: '' },
    device: { type: 'string', default: 'auto' },
    threads: { type: 'string' },
    threshold: { type: 'string' },
    'no-cache': { type: 'boolean', default: false },
    ...imagesOption,
    ...serverOption,
    verbose: { type: 'boolean', default: false },
    'verify-profile': { type: 'boolean', default: false },
  });
  const verifies = values['verify-profile'];
  if (positionals.length === 0 && !verifies) throw new UsageError('score needs a file or folder');
  if (positionals.length > 0 && verifies) throw new UsageError('--verify-profile scores examples of its own, not files');
  return {
    files: positionals,
    json: values.json,
    modelPath: values.model,
    device: deviceOption(values.device),
    threads: threadsOption(values.threads),
    threshold: thresholdOption(values.threshold) ?? null,
    useCache: !values['no-cache'],
    verbose: values.verbose,
    verifyProfile: verifies,
    images: values.images,
    servers: allowedOrigins(values['allow-server']),
  };
}
