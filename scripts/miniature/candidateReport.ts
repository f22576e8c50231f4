import { type BestOfN, bestOfN, type SelectionRule } from '../../server/evaluation/bestOfN.js';
import { firstLow, type LabeledSolution } from '../../server/evaluation/labeledSolution.js';
import { type ProcessReport, processReport } from '../../server/evaluation/processBenchmark.js';
import type { ProblemImage } from '../../server/models/images/imageFile.js';
import type { Estimate } from '../../server/reasoning/bootstrap.js';
import { finalAnswer } from '../../server/reasoning/finalAnswer.js';
import { itemAt, lastItem, mustHave } from '../../server/reasoning/present.js';
import type { Scorer } from '../../server/scoring/scorer.js';
import type { LoggedCandidates } from './candidateLog.js';
import type { ExactVerdict } from './problems/exactSteps.js';

/** Candidates of a policy with the PRM's scores. */
export interface ScoredCandidates {
  readonly problems: readonly LoggedCandidates[];
  readonly threshold: number;
  /** Best-of-N over the number of candidates that every problem has. */
  readonly best: BestOfN;
  /** The same on problems with the most candidates, up to that number; absent if all problems have the same number. */
  readonly many?: BestOfN;
  readonly steps: ProcessReport;
  readonly labeled: readonly (LabeledSolution & { readonly exact: ExactVerdict })[];
}

/** Scores every distinct solution once. */
export async function scoreCandidates(
  problems: readonly LoggedCandidates[],
  scorer: Pick<Scorer, 'describe' | 'score'>,
  figures: (index: number) => Promise<readonly ProblemImage[]>,
  seed: number,
): Promise<ScoredCandidates> {
  const { threshold } = await scorer.describe();
  const sets = [];
  const labeled = [];
  const fewest = Math.min(...problems.map(({ drawn }) => drawn.length));
  for (const { index, problem, solutions, drawn } of problems) {
    const images = await figures(index);
    const scores = await scoreSolutions(
      scorer,
      problem.question,
      images,
      solutions.map(({ steps }) => steps),
    );
    const scored = solutions.map(({ steps: texts, exact }, i) => {
      const answer = finalAnswer(lastItem(texts));
      return {
        correct: answer === String(problem.answer),
        scores: itemAt(scores, i),
        ...(answer !== undefined && { answer }),
        exact,
      };
    });
    const candidates = drawn.map((at) => itemAt(scored, at));
    sets.push({ id: `${problem.kind}-${index}`, candidates });
    for (const { exact, scores: own } of candidates.slice(0, fewest)) {
      const labels = own.map((_, at): 1 | -1 => (exact.firstError < 0 || at < exact.firstError ? 1 : -1));
      labeled.push({ labels, scores: own, source: images.length > 0 ? 'figure' : 'text', exact });
    }
  }
  const most = Math.max(...sets.map(({ candidates }) => candidates.length));
  const many = sets.filter(({ candidates }) => candidates.length === most);
  return {
    problems,
    threshold,
    best: bestOfN(
      sets.map((set) => ({ ...set, candidates: set.candidates.slice(0, fewest) })),
      seed,
    ),
    ...(most > fewest && { many: bestOfN(many, seed) }),
    steps: processReport(labeled, 'macroF1', threshold, seed),
    labeled,
  };
}

/** Step scores of several solutions to one problem. Common steps are scored once. */
export async function scoreSolutions(
  scorer: Pick<Scorer, 'score'>,
  question: string,
  images: readonly ProblemImage[],
  solutions: readonly (readonly string[])[],
): Promise<number[][]> {
  const steps: { text: string; parent?: number }[] = [];
  const known = new Map<string, number>();
  const places = solutions.map((texts) => {
    const path: number[] = [];
    for (const text of texts) {
      const parent = path.at(-1);
      const key = JSON.stringify([parent ?? -1, text]);
      const at = known.get(key) ?? steps.push(parent === undefined ? { text } : { text, parent }) - 1;
      known.set(key, at);
      path.push(at);
    }
    return path;
  });
  const { scores } = await scorer.score({ question, images, steps });
  return places.map((path) => path.map((at) => itemAt(scores, at)));
}

/** Numbers of candidates in the table. */
const shown = [1, 2, 4, 8, 16, 32, 64, 128];
const rules: readonly [name: string, rule: SelectionRule][] = [
  ['any is right', 'pass'],
  ['vote', 'selfConsistency'],
  ['PRM, min of steps', 'min'],
  ['mean', 'mean'],
  ['product', 'product'],
  ['last', 'last'],
];

/** The table of the model card as data: shares in [0, 1]. */
export function candidateTable({ problems, threshold, best, many, steps, labeled }: ScoredCandidates) {
  const kinds = [...new Set(problems.map(({ problem }) => problem.kind))].sort();
  const wrong = labeled.filter(({ exact }) => exact.firstError >= 0);
  const errors = [...new Set(wrong.map(({ exact }) => mustHave(exact.error, 'error of a wrong step')))].sort();
  const curves = (found: BestOfN) => ({
    problems: found.problems,
    rows: shown
      .filter((n) => n <= found.sizes.length)
      .map((n) => ({
        candidates: n,
        accuracy: Object.fromEntries(rules.map(([name, rule]) => [name, itemAt(found.curves[rule], n - 1)])),
        gain: itemAt(found.gains.min, n - 1),
      })),
  });
  return {
    problems: problems.length,
    candidates: labeled.length,
    passAt1ByKind: Object.fromEntries(
      kinds.map((kind) => {
        const own = problems.filter(({ problem }) => problem.kind === kind);
        const right = own.flatMap(({ solutions, drawn, problem }) =>
          drawn.slice(0, best.sizes.length).map((at) => finalAnswer(lastItem(itemAt(solutions, at).steps)) === String(problem.answer)),
        );
        return [kind, right.filter(Boolean).length / right.length];
      }),
    ),
    bestOfN: [curves(best), ...(many === undefined ? [] : [curves(many)])],
    steps: {
      threshold,
      macroF1: steps.score,
      best: steps.sweep.bestMacroF1,
      firstErrorF1: steps.all.firstError.f1,
      bySource: Object.fromEntries([...steps.bySource].map(([source, scores]) => [source, scores.steps.macroF1])),
    },
    firstErrors: errors.map((error) => {
      const own = wrong.filter(({ exact }) => exact.error === error);
      const found = own.filter(({ exact, scores }) => firstLow(scores, threshold) === exact.firstError).length;
      return { error, solutions: own.length, found: found / own.length };
    }),
  };
}

export function candidateText(title: string, table: ReturnType<typeof candidateTable>): string {
  const percent = (x: number | undefined): string => (x === undefined ? '-' : (100 * x).toFixed(1).replace(/^-0.0$/, '0.0'));
  const estimate = ({ value, low, high }: Estimate): string => `${percent(value)} [${percent(low)}, ${percent(high)}]`;
  const kinds = Object.entries(table.passAt1ByKind).map(([kind, share]) => `${kind} ${(100 * share).toFixed(0)}`);
  const { steps } = table;
  const lines = [
    `${title}: ${table.problems} unseen problems, ${table.candidates} candidates; percent with 95 % intervals`,
    '',
    `pass@1 by kind   ${kinds.join(', ')}`,
  ];
  for (const { problems, rows } of table.bestOfN) {
    const names = rules.map(([name]) => name);
    lines.push(
      '',
      `Best-of-N on ${problems} problems`,
      `  ${'N'.padStart(3)}  ${names.map((name, i) => name.padEnd(i < 3 ? 23 : 9)).join('')}gain of min over N = 1`,
      ...rows.map(
        ({ candidates, accuracy, gain }) =>
          `  ${String(candidates).padStart(3)}  ${Object.values(accuracy)
            .map((one, i) => (i < 3 ? estimate(one).padEnd(23) : percent(one.value).padEnd(9)))
            .join('')}${estimate(gain)}`,
      ),
    );
  }
  lines.push(
    '',
    `Steps against exact verdicts: macro F1 ${estimate(steps.macroF1)} at ${steps.threshold} (with a figure ${percent(steps.bySource['figure'])}, without ${percent(steps.bySource['text'])}${
      steps.best ? `; best ${percent(steps.best.value)} at ${steps.best.threshold.toFixed(2)}` : ''
    }), F1 of the first error ${percent(steps.firstErrorF1)}`,
    '',
    'First errors of the policy, and how often the PRM finds the step:',
    ...table.firstErrors.map(
      ({ error, solutions, found }) => `  ${error.padEnd(12)} ${String(solutions).padStart(5)} solutions, found ${percent(found)}`,
    ),
    '',
  );
  return lines.join('\n');
}
