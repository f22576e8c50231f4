import type { BestOfNLine, EstimateLine, EvaluateLine, ProcessLine } from '../../server/protocol/evaluation.js';
import { plural } from '../shared/words.js';

export type CurveId = keyof BestOfNLine['accuracy'] | 'macroF1' | 'firstErrorF1';

/** How a curve is distinguished from the others without color, too: by its dashes and its markers. */
export interface CurveStyle {
  /** 0 .. 5: `--sl-c0` .. `--sl-c5` of evaluation.css. */
  readonly hue: number;
  /** `stroke-dasharray`; empty = solid. */
  readonly dash: string;
  /** Index of d3-shape's symbol, see render/marker.ts. */
  readonly marker: number;
}

/** One line of a chart. Values are shares in [0, 1]; null = nothing to count. */
export interface Curve {
  readonly id: CurveId;
  readonly name: string;
  readonly style: CurveStyle;
  readonly points: readonly EstimateLine[];
  /** Whether `low` and `high` are an interval, to be drawn as a band. */
  readonly hasBand: boolean;
}

type Selection = keyof BestOfNLine['accuracy'];

const SELECTIONS: readonly (readonly [id: Selection, name: string, style: CurveStyle])[] = [
  ['pass', 'pass@N', { hue: 0, dash: '', marker: 0 }],
  ['random', 'random', { hue: 0, dash: '2 3', marker: 1 }],
  ['selfConsistency', 'self-consistency', { hue: 1, dash: '', marker: 2 }],
  ['min', 'PRM min', { hue: 2, dash: '', marker: 3 }],
  ['last', 'PRM last (outcome)', { hue: 3, dash: '', marker: 4 }],
  ['product', 'PRM product', { hue: 4, dash: '', marker: 5 }],
  ['mean', 'PRM mean', { hue: 5, dash: '', marker: 6 }],
  ['max', 'PRM max', { hue: 2, dash: '6 3', marker: 0 }],
  ['sumLog', 'PRM sum of logs', { hue: 3, dash: '6 3', marker: 1 }],
  ['sumLogit', 'PRM sum of logits', { hue: 4, dash: '6 3', marker: 2 }],
  ['meanOdds', 'PRM mean odds', { hue: 5, dash: '6 3', marker: 3 }],
];

/** Curves that a page starts without: most say nearly the same as another, and eleven bands hide each other. */
export const HIDDEN_AT_FIRST: readonly CurveId[] = ['max', 'sumLog', 'sumLogit', 'meanOdds', 'product'];

const BENCHMARKS: Readonly<Record<ProcessLine['benchmark'], string>> = {
  visualProcessBench: 'VisualProcessBench',
  processBench: 'ProcessBench',
  prmBench: 'PRMBench',
  humanLabels: 'Human step labels',
};

/** Accuracy over N, one curve a way of choosing. */
export function selectionCurves(line: BestOfNLine): Curve[] {
  return SELECTIONS.map(([id, name, style]) => ({ id, name, style, points: line.accuracy[id], hasBand: true }));
}

/** Both metrics over the threshold; the benchmark's headline first. */
export function sweepCurves({ sweep, headline }: ProcessLine): Curve[] {
  const curve = (id: 'macroF1' | 'firstErrorF1', name: string, style: CurveStyle): Curve => ({
    id,
    name,
    style,
    hasBand: false,
    points: sweep[id].map((value) => ({ value, low: null, high: null })),
  });
  const both = [
    curve('macroF1', 'macro F1 of steps', { hue: 2, dash: '', marker: 0 }),
    curve('firstErrorF1', 'F1 of first errors', { hue: 4, dash: '6 3', marker: 1 }),
  ];
  return headline === 'macroF1' ? both : both.reverse();
}

/** A row of the table beside the curves, at `size` candidates. */
export interface SelectionRow {
  readonly curve: Curve;
  readonly accuracy: EstimateLine;
  /** null for random choice itself. */
  readonly gain: EstimateLine | null;
}

export function selectionRows(line: BestOfNLine, size: number): SelectionRow[] {
  return selectionCurves(line).map((curve) => ({
    curve,
    accuracy: curve.points[size - 1]!,
    gain: curve.id === 'random' ? null : line.gainOverRandom[curve.id as Selection][size - 1]!,
  }));
}

export interface ProcessRow {
  readonly name: string;
  readonly cells: readonly string[];
}

export const PROCESS_COLUMNS = [
  'solutions',
  'steps',
  'macro F1',
  'micro F1',
  'positive F1',
  'negative F1',
  'first error',
  'no error',
  'first-error F1',
] as const;

/** Over all, then by source, then by model that wrote the solutions. */
export function processRows({ all, bySource, byModel }: ProcessLine): ProcessRow[] {
  const row = (
    name: string,
    { solutions, counts, macroF1, microF1, f1Correct, f1Incorrect, firstError }: ProcessLine['all'],
  ): ProcessRow => ({
    name,
    cells: [
      solutions.toLocaleString('en'),
      (counts.tp + counts.fp + counts.tn + counts.fn).toLocaleString('en'),
      ...[macroF1, microF1, f1Correct, f1Incorrect, firstError.errorAccuracy, firstError.correctAccuracy, firstError.f1].map(percent),
    ],
  });
  return [
    row('all', all),
    ...Object.entries(bySource).map(([name, scores]) => row(`source ${name}`, scores)),
    ...Object.entries(byModel).map(([name, scores]) => row(`model ${name}`, scores)),
  ];
}

export function titleOf(line: EvaluateLine): string {
  return line.kind === 'bestOfN' ? 'Best-of-N' : BENCHMARKS[line.benchmark];
}

/** What was counted, and where the scores come from. */
export function factsOf(line: EvaluateLine): string {
  const { recorded, scored, model, device } = line.scores;
  const counted =
    line.kind === 'bestOfN'
      ? `${plural(line.problems, 'problem')}, ${plural(line.candidates, 'candidate')}`
      : plural(line.all.solutions, 'solution');
  const origins = [
    ...(recorded > 0 ? [`scores as they are in ${plural(recorded, 'file')}`] : []),
    ...(scored > 0 ? [`${plural(scored, 'file')} scored with ${model ?? 'the model'}${device === undefined ? '' : ` on ${device}`}`] : []),
  ];
  return `${counted} · ${origins.join(', ')} · seed ${line.seed}`;
}

/** What was left out of the numbers, and why. */
export function notesOf(line: EvaluateLine): string[] {
  const notScored = (line.scores.notScored ?? []).map(({ reason, steps }) => `${plural(steps, 'step')} not scored. ${reason}`);
  return [...countedOut(line), ...notScored];
}

function countedOut(line: EvaluateLine): string[] {
  if (line.kind === 'bestOfN') {
    const few = line.problems - (line.complete.at(-1) ?? 0);
    return [
      ...(line.unscored > 0 ? [`${plural(line.unscored, 'candidate')} without a score are chosen last.`] : []),
      ...(line.unanswered > 0 ? [`${plural(line.unanswered, 'candidate')} without a readable final answer do not vote.`] : []),
      ...(line.withoutVerdict > 0
        ? [`${plural(line.withoutVerdict, 'problem')} left out: not several candidates that all have a verdict.`]
        : []),
      ...(few > 0 ? [`${plural(few, 'problem')} with fewer than ${line.sizes.length} candidates count with all they have.`] : []),
    ];
  }
  return [
    ...(Object.keys(line.bySource).length > 1
      ? [`Mean over sources ${percent(line.meanOverSources)} %, weighted by steps ${percent(line.weightedMeanOverSources)} %.`]
      : []),
    ...(line.neutralSteps > 0 ? [`${plural(line.neutralSteps, 'neutral step')} left out, as the benchmark does.`] : []),
    ...(line.unscoredSteps > 0 ? [`${plural(line.unscoredSteps, 'judged step')} without a score left out.`] : []),
  ];
}

/** The table that is shown, as Markdown. */
export function markdownTable(line: EvaluateLine, size: number): string {
  const rows =
    line.kind === 'bestOfN'
      ? [
          [`N = ${size}`, 'accuracy in %', '95 % interval', 'gain over random'],
          ...selectionRows(line, size).map(({ curve, accuracy, gain }) => [
            curve.name,
            percent(accuracy.value),
            interval(accuracy),
            gain === null ? '' : gainText(gain),
          ]),
        ]
      : [[`threshold ${line.threshold}`, ...PROCESS_COLUMNS], ...processRows(line).map(({ name, cells }) => [name, ...cells])];
  const text = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`;
  const rule = `|${rows[0]!.map((_, column) => (column === 0 ? '---|' : '---:|')).join('')}\n`;
  return `${titleOf(line)}: ${factsOf(line)}\n\n${text(rows[0]!)}${rule}${rows.slice(1).map(text).join('')}`;
}

/** `81.3`, and a dash where there is nothing to count. */
export function percent(share: number | null): string {
  return share === null ? '–' : (share * 100).toFixed(1);
}

export function interval({ low, high }: EstimateLine): string {
  return `${percent(low)}–${percent(high)}`;
}

/** `+8.9 (+2.1 to +15.0)`. */
export function gainText({ value, low, high }: EstimateLine): string {
  const signed = (share: number | null): string => `${share !== null && share >= 0 ? '+' : ''}${percent(share)}`;
  return `${signed(value)} (${signed(low)} to ${signed(high)})`;
}
