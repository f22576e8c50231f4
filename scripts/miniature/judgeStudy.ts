import { firstLow } from '../../server/evaluation/labeledSolution.js';
import { type Estimate, interval, resampleWeights } from '../../server/reasoning/bootstrap.js';
import { itemAt, lastItem } from '../../server/reasoning/present.js';
import { createRandom } from '../../server/reasoning/random.js';
import { auroc, type Statistic } from './auroc.js';
import { generateSolution, seeds } from './problems/labeled.js';
import { readRolloutLog, studyLines } from './rolloutLog.js';

/** A line of study.py: a small judge with its scores of every step of the logged solutions and of planted mistakes. */
interface StudyLine {
  readonly name: string;
  readonly seed: number;
  readonly rows: number;
  /** Cost of its labels in rollouts. */
  readonly rollouts: number;
  /** Base64, one byte per step: 128 + 9 times the logit of its score. */
  readonly own: string;
  readonly planted: string;
}

/** Results of judges trained on one kind of labels: means over their seeds. Intervals resample problems and seeds. */
export interface JudgeResult {
  readonly name: string;
  readonly seeds: number;
  readonly rows: number;
  readonly rollouts: number;
  /** AUROC of step correctness, on the policy's logged solutions and on planted mistakes. */
  readonly auroc: Estimate;
  readonly plantedAuroc: Estimate;
  /** ProcessBench's F1 at the threshold where it is best. */
  readonly firstErrorF1: Estimate;
  readonly plantedF1: Estimate;
}

/** A solution whose steps were scored, in the order of the bytes. */
export interface Judged {
  /** Index of its problem. */
  readonly problem: number;
  readonly length: number;
  readonly firstError: number;
}

const RESAMPLES = 200;

/** Scores in [0, 1] of the bytes of a line. */
export function scoresOf(base64: string): number[] {
  return [...Buffer.from(base64, 'base64')].map((byte) => 1 / (1 + Math.exp((128 - byte) / 9)));
}

export function judgeStudy(): JudgeResult[] {
  const own = readRolloutLog().map(
    ({ steps, exact }, problem): Judged => ({ problem, length: steps.length, firstError: exact.firstError }),
  );
  const lines = studyLines<StudyLine>();
  const planted = plantedSolutions(Buffer.from(itemAt(lines, 0).planted, 'base64').length);
  return [...new Set(lines.map(({ name }) => name))].map((name) => {
    const runs = lines.filter((line) => line.name === name);
    const ours = runs.map((run) => cut(scoresOf(run.own), own));
    const theirs = runs.map((run) => cut(scoresOf(run.planted), planted));
    const over = (
      of: typeof own,
      scores: typeof ours,
      make: (of: readonly Judged[], scores: readonly (readonly number[])[]) => Statistic,
    ) =>
      overSeeds(
        scores.map((one) => make(of, one)),
        lastItem(of).problem + 1,
      );
    return {
      name,
      seeds: runs.length,
      rows: itemAt(runs, 0).rows,
      rollouts: itemAt(runs, 0).rollouts,
      auroc: over(own, ours, stepAuroc),
      plantedAuroc: over(planted, theirs, stepAuroc),
      firstErrorF1: over(own, ours, bestF1),
      plantedF1: over(planted, theirs, bestF1),
    };
  });
}

/** Mean of the runs' statistics, with a 95 % interval over resampled problems and resampled runs. */
function overSeeds(runs: readonly Statistic[], problems: number): Estimate {
  const random = createRandom(seeds.heldOut, 'runs');
  const drawn = resampleWeights(problems, seeds.heldOut)
    .slice(0, RESAMPLES)
    .map((weights) => {
      const values = runs.map(() => itemAt(runs, Math.floor(random() * runs.length))((problem) => itemAt(weights, problem)));
      return mean(values);
    });
  const [low, high] = interval(drawn.filter((value) => !Number.isNaN(value)));
  return { value: mean(runs.map((run) => run(() => 1))), low, high };
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/** Solutions of the validation seed with planted mistakes, as many as have `steps` steps in total. */
function plantedSolutions(steps: number): Judged[] {
  const found: Judged[] = [];
  for (let left = steps; left > 0; ) {
    const { steps: written, firstError } = generateSolution(seeds.validation, found.length);
    found.push({ problem: found.length, length: written.length, firstError });
    left -= written.length;
    if (left < 0) throw new Error('The log is of other solutions.');
  }
  return found;
}

function cut(scores: readonly number[], solutions: readonly Judged[]): number[][] {
  let at = 0;
  return solutions.map(({ length }) => scores.slice(at, (at += length)));
}

/** The chance that a right step scores above a wrong one, ties half. */
export function stepAuroc(solutions: readonly Judged[], scores: readonly (readonly number[])[]): Statistic {
  return auroc(
    solutions.flatMap(({ problem, firstError }, i) =>
      itemAt(scores, i).map((score, at) => ({ problem, score, isHigh: firstError < 0 || at < firstError })),
    ),
  );
}

/** F1 of the first error at the threshold that is best for all problems. Thresholds are a quarter of a logit apart. */
export function bestF1(solutions: readonly Judged[], scores: readonly (readonly number[])[]): Statistic {
  const at = (threshold: number): Statistic => {
    const hits = solutions.map(({ firstError }, i) => firstLow(itemAt(scores, i), threshold) === firstError);
    return (weight) => {
      let [wrong, found, right, quiet] = [0, 0, 0, 0];
      solutions.forEach(({ problem, firstError }, i) => {
        const times = weight(problem);
        if (firstError >= 0) [wrong, found] = [wrong + times, found + (hits[i] ? times : 0)];
        else [right, quiet] = [right + times, quiet + (hits[i] ? times : 0)];
      });
      const [a, b] = [found / wrong, quiet / right];
      return a + b === 0 ? 0 : (2 * a * b) / (a + b);
    };
  };
  let best = { value: -1, statistic: at(0.5) };
  for (let i = 0; i < 49; i++) {
    const statistic = at(1 / (1 + Math.exp(6 - i / 4)));
    const value = statistic(() => 1);
    if (value > best.value) best = { value, statistic };
  }
  return best.statistic;
}

export function judgeText(results: readonly JudgeResult[]): string {
  const percent = ({ value, low, high }: Estimate): string =>
    `${(100 * value).toFixed(1)} [${(100 * low).toFixed(1)}, ${(100 * high).toFixed(1)}]`.padEnd(21);
  const columns = ['AUROC, own', 'AUROC, planted', 'F1 first, own', 'F1 first, planted'];
  return [
    `Judges of steps by their labels, ${Math.max(...results.map((one) => one.seeds))} seeds each; percent with 95 % intervals over problems and seeds`,
    `  ${'labels'.padEnd(30)} ${'solutions'.padStart(9)} ${'rollouts'.padStart(9)}  ${columns.map((text) => text.padEnd(21)).join('')}`,
    ...results.map(
      (one) =>
        `  ${one.name.padEnd(30)} ${String(one.rows).padStart(9)} ${String(one.rollouts).padStart(9)}  ${[one.auroc, one.plantedAuroc, one.firstErrorF1, one.plantedF1].map(percent).join('')}`,
    ),
    '',
  ]
    .map((line) => line.trimEnd())
    .join('\n');
}
