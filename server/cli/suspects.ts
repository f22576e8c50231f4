import { problemImages } from '../files/images.js';
import type { InputFile } from '../files/inputFiles.js';
import { scoredProblem } from '../language/scoredDocument.js';
import { countedNoun } from '../language/solutionValues.js';
import { wholeFrom } from '../reasoning/numberRange.js';
import type { Step } from '../reasoning/problem.js';
import type { ReviewableProblem } from '../review/reviewable.js';
import { labelOf, type RankedItem, rankedSteps } from '../review/reviewQueue.js';
import { type Scorer, scoreJob } from '../scoring/scorer.js';
import { type CliCommand, type CliWorld, exitCodes, UsageError } from './command.js';
import { numberOption, parseOptions, thresholdOption } from './commandOptions.js';
import { imagesHelp, imagesOption, placeOfFile } from './imageFolders.js';
import { ReportedInput } from './reportedInput.js';
import { allowedOrigins, serverHelp, serverOption } from './serverOption.js';

export const suspects: CliCommand = {
  name: 'suspects',
  summary: 'labels that an independent signal contradicts, the most suspicious first',
  help: `Usage: steplens suspects FILE... [OPTIONS]

Ranks the step labels of files, or of a run's folder, by the probability that they are wrong. The
probability comes from all sources together: the rollouts with their counts, a judge, people, and the
scores of a process reward model. Only labels that are more likely wrong than right are listed.

  --model DIR      folder of a model with its prm.json (default: the bundled model)
  --no-model       do not score; use what the files hold
  --count N        list at most N labels
  --threshold X    a judge's value below X in [0, 1] is a label "wrong" (default: the model's own, or 0.5)
  --json           one JSON object a label: {file, line, problem, step, text, label, wrong, reason}
  ${imagesHelp}
  ${serverHelp}

Exit codes: 0 nothing suspicious, 1 suspects found, 2 bad usage or unreadable input (what can be read is still ranked),
130 interrupted.
`,
  async run(args, world) {
    const { values, positionals } = parseOptions(args, {
      model: { type: 'string', default: '' },
      'no-model': { type: 'boolean', default: false },
      count: { type: 'string' },
      threshold: { type: 'string' },
      json: { type: 'boolean', default: false },
      ...imagesOption,
      ...serverOption,
    });
    if (positionals.length === 0) throw new UsageError('suspects needs a file or folder');
    const most = numberOption('count', values.count, wholeFrom(1, 1_000_000_000));
    const threshold = thresholdOption(values.threshold);
    const settings = { modelPath: values.model, device: 'auto', threads: 0, threshold: threshold ?? null } as const;
    const scorer = values['no-model'] ? undefined : world.createScorer(settings, world.cacheFolder, allowedOrigins(values['allow-server']));
    try {
      const found = await readAll(new ReportedInput(positionals, world), scorer, values.images);
      const ranked = rankedSteps(found.problems, {
        kind: 'suspects',
        threshold: threshold ?? found.threshold,
        ...(most !== undefined && { count: most }),
      });
      for (const item of ranked) world.out.write(values.json ? jsonLine(item, found) : textLine(item, found));
      if (!values.json) world.out.write(`${countedNoun(ranked.length, 'suspicious label')} of ${found.labels}\n`);
      if (found.failed > 0) return exitCodes.unusable;
      return ranked.length > 0 ? exitCodes.findings : exitCodes.done;
    } finally {
      await scorer?.dispose();
    }
  },
};

interface ReadProblems {
  readonly problems: readonly ReviewableProblem[];
  /** Indexed by the `uri` of a problem, which is the number of its input. */
  readonly inputs: readonly InputFile[];
  readonly threshold: number;
  readonly labels: number;
  readonly failed: number;
}

async function readAll(input: ReportedInput, scorer: Scorer | undefined, images: readonly string[]): Promise<ReadProblems> {
  const { signal } = input.world satisfies CliWorld;
  const problems: ReviewableProblem[] = [];
  const inputs: InputFile[] = [];
  let [threshold, labels] = [0.5, 0];
  for await (const file of input.files()) {
    const uri = String(inputs.push(file) - 1);
    for (const problem of file.reasoning.problems) {
      signal.throwIfAborted();
      const labeled = problem.steps.filter(({ values }) => labelOf(values, threshold) !== undefined).length;
      if (labeled === 0) continue;
      labels += labeled;
      if (!scorer) {
        problems.push({ uri, problem, steps: problem.steps.map((step) => ({ step, values: step.values, firstLow: false, labels: [] })) });
        continue;
      }
      ({ threshold } = await scorer.describe(signal));
      const result = await scorer.score(scoreJob(problem, problemImages(placeOfFile(file.file, images), problem.images)), { signal });
      const { steps } = scoredProblem(problem, result, threshold);
      problems.push({ uri, problem, steps: steps.map((step) => ({ ...step, labels: [] })) });
    }
  }
  return { problems, inputs, threshold, labels, failed: input.failed };
}

/** Returns the position of an item: its input, zero-based line, and step. */
function placeOf({ uri, problem, step }: RankedItem, { inputs, problems }: ReadProblems): { input: InputFile; line: number; step: Step } {
  const input = inputs[Number(uri)];
  const found = problems.find((one) => one.uri === uri && one.problem.index === problem)?.problem.steps[step];
  if (input === undefined || found === undefined) throw new Error(`No input has step ${step} of problem ${problem}.`);
  return { input, line: input.lines.position(found.span.start).line, step: found };
}

function jsonLine(item: RankedItem, found: ReadProblems): string {
  const { input, line, step } = placeOf(item, found);
  const { problem, rank, reason } = item;
  const label = labelOf(step.values, found.threshold);
  return `${JSON.stringify({ file: input.file, line, problem, step: step.index, text: step.text, label, wrong: Number(rank.toFixed(4)), reason })}\n`;
}

function textLine(item: RankedItem, found: ReadProblems): string {
  const { input, line, step } = placeOf(item, found);
  return `${input.file}:${line + 1}: ${item.reason}: ${step.text.replace(/\s+/g, ' ').slice(0, 100)}\n`;
}
