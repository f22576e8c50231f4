import { problemImages } from '../files/images.js';
import { InputError, readInput } from '../files/inputFiles.js';
import { countedNoun } from '../language/solutionValues.js';
import { formatStepValue } from '../language/valueText.js';
import { ModelError } from '../models/modelError.js';
import { type ScoreJob, type ScorerInfo, scoreJob } from '../scoring/scorer.js';
import type { CliWorld } from './command.js';
import { placeOfFile } from './imageFolders.js';
import type { ProgressLine } from './progressLine.js';

/** Right and wrong solutions of short problems, used when no file is named. */
const examples: readonly { readonly question: string; readonly solutions: readonly (readonly string[])[] }[] = [
  {
    question: 'Sam has 3 boxes with 12 pencils each and gives 5 pencils away. How many are left?',
    solutions: [
      ['3 boxes hold 3 * 12 = 36 pencils.', 'After giving 5 away, 36 - 5 = 31 are left.', 'The answer is 31.'],
      ['3 boxes hold 3 + 12 = 15 pencils.', 'After giving 5 away, 15 - 5 = 10 are left.', 'The answer is 10.'],
    ],
  },
  {
    question: 'A train travels 60 km an hour for 2 hours and then 80 km an hour for 3 hours. How far does it go?',
    solutions: [
      [
        'In the first 2 hours it goes 60 * 2 = 120 km.',
        'In the next 3 hours it goes 80 * 3 = 240 km.',
        'Together that is 120 + 240 = 360 km.',
        'The answer is 360.',
      ],
      [
        'In the first 2 hours it goes 60 * 2 = 120 km.',
        'In the next 3 hours it goes 80 * 3 = 270 km.',
        'Together that is 120 + 270 = 390 km.',
        'The answer is 390.',
      ],
    ],
  },
  {
    question: 'The sum of two numbers is 20 and their difference is 4. What is the larger one?',
    solutions: [
      [
        'Let the numbers be x and y with x + y = 20 and x - y = 4.',
        'Adding the equations gives 2x = 24.',
        'So x = 12.',
        'The answer is 12.',
      ],
      ['Let the numbers be x and y with x + y = 20 and x - y = 4.', 'Adding the equations gives 2x = 16.', 'So x = 8.', 'The answer is 8.'],
    ],
  },
  {
    question: 'A rectangle is 7 cm long and 4 cm wide. What are its perimeter and its area?',
    solutions: [
      ['The perimeter is 2 * (7 + 4) = 22 cm.', 'The area is 7 * 4 = 28 square cm.', 'The answer is 22 cm and 28 square cm.'],
      ['The perimeter is 7 + 4 = 11 cm.', 'The area is 7 * 4 = 28 square cm.', 'The answer is 11 cm and 28 square cm.'],
    ],
  },
];

/** The problems of a file, or the examples. Rejects with InputError that names the file. */
export async function readCheck(file: string | undefined): Promise<readonly ScoreJob[]> {
  if (file === undefined)
    return examples.map(({ question, solutions }) => ({
      question,
      images: [],
      steps: solutions.flatMap((steps, s) => stepsAfter(steps, solutions.slice(0, s).flat().length)),
    }));
  const { reasoning } = await readInput(file).catch((error: unknown) => {
    throw error instanceof InputError ? new InputError(`${file}: ${error.message}`) : error;
  });
  const jobs: ScoreJob[] = [];
  for (const problem of reasoning.problems) jobs.push(scoreJob(problem, problemImages(placeOfFile(file, []), problem.images)));
  if (!jobs.some(({ steps }) => steps.length > 0))
    throw new InputError(`${file}: it holds no steps to compare the models on; name another file with --check`);
  return jobs;
}

function stepsAfter(steps: readonly string[], before: number): ScoreJob['steps'] {
  return steps.map((text, i) => ({ text, ...(i > 0 && { parent: before + i - 1 }) }));
}

interface ModelScores {
  readonly info: ScorerInfo;
  readonly scores: readonly number[];
  readonly ms: number;
}

/** Scores the same steps with two models, one after the other on the CPU, and says in words how they differ. */
export async function compareModels(
  before: string,
  after: string,
  jobs: readonly ScoreJob[],
  world: CliWorld,
  progress: ProgressLine,
): Promise<string> {
  const [old, own] = [await scoreAll(before, jobs, world, progress), await scoreAll(after, jobs, world, progress)];
  const { threshold } = old.info;
  const pairs = old.scores.flatMap((value, i) => {
    const other = own.scores[i] ?? NaN;
    return Number.isNaN(value) || Number.isNaN(other) ? [] : [[value, other] as const];
  });
  if (pairs.length === 0) throw new ModelError(`${before}: none of the steps of the check has a score; name other solutions with --check`);
  const changes = pairs.map(([a, b]) => Math.abs(a - b));
  const mean = changes.reduce((sum, change) => sum + change, 0) / changes.length;
  const crossing = pairs.filter(([a, b]) => a < threshold !== b < threshold).length;
  const left = old.scores.length - pairs.length;
  return [
    `${countedNoun(pairs.length, 'step score')} compared: mean change ${mean.toFixed(4)}, largest ${changes.reduce((a, b) => Math.max(a, b), 0).toFixed(4)}, ${crossing} across the threshold of ${formatStepValue(threshold)}${left > 0 ? `; ${countedNoun(left, 'step')} without a score` : ''}`,
    `Time of the comparison: ${(old.ms / 1000).toFixed(2)} s -> ${(own.ms / 1000).toFixed(2)} s, ${(old.ms / own.ms).toFixed(2)} times as fast\n`,
  ].join('\n');
}

async function scoreAll(modelPath: string, jobs: readonly ScoreJob[], world: CliWorld, progress: ProgressLine): Promise<ModelScores> {
  const { signal } = world;
  const scorer = world.createScorer({ modelPath, device: 'cpu', threads: 0 }, undefined, []);
  try {
    const info = await scorer.describe(signal);
    const scores: number[] = [];
    const start = world.now();
    for (const [done, job] of jobs.entries()) {
      progress.tell(`${info.model}: ${done} of ${countedNoun(jobs.length, 'problem')}`);
      const result = await scorer.score(job, { signal, ignoreCache: true });
      for (const score of result.scores) scores.push(score);
    }
    progress.clear();
    return { info, scores, ms: world.now() - start };
  } finally {
    await scorer.dispose();
  }
}
