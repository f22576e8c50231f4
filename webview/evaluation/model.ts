import { listed, plural, t } from '../../server/l10n.js';
import type { BestOfNLine, EstimateLine, EvaluateLine, ProcessLine } from '../../server/protocol/evaluation.js';

export type CurveId = keyof BestOfNLine['accuracy'] | 'macroF1' | 'firstErrorF1';

/** Look of a curve. Dashes and markers distinguish it from the others without color, too. */
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
  ['random', t('random'), { hue: 0, dash: '2 3', marker: 1 }],
  ['selfConsistency', t('self-consistency'), { hue: 1, dash: '', marker: 2 }],
  ['min', t('PRM min'), { hue: 2, dash: '', marker: 3 }],
  ['last', t('PRM last (outcome)'), { hue: 3, dash: '', marker: 4 }],
  ['product', t('PRM product'), { hue: 4, dash: '', marker: 5 }],
  ['mean', t('PRM mean'), { hue: 5, dash: '', marker: 6 }],
  ['max', t('PRM max'), { hue: 2, dash: '6 3', marker: 0 }],
  ['sumLog', t('PRM sum of logs'), { hue: 3, dash: '6 3', marker: 1 }],
  ['sumLogit', t('PRM sum of logits'), { hue: 4, dash: '6 3', marker: 2 }],
  ['meanOdds', t('PRM mean odds'), { hue: 5, dash: '6 3', marker: 3 }],
];

/** Curves that are hidden at first: most nearly coincide with another one, and eleven bands would hide each other. */
export const HIDDEN_AT_FIRST: readonly CurveId[] = ['max', 'sumLog', 'sumLogit', 'meanOdds', 'product'];

const BENCHMARKS: Readonly<Record<ProcessLine['benchmark'], string>> = {
  visualProcessBench: 'VisualProcessBench',
  processBench: 'ProcessBench',
  prmBench: 'PRMBench',
  humanLabels: t('Human step labels'),
};

/** Accuracy over N, one curve per way of choosing. */
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
    curve('macroF1', t('macro F1 of steps'), { hue: 2, dash: '', marker: 0 }),
    curve('firstErrorF1', t('F1 of first errors'), { hue: 4, dash: '6 3', marker: 1 }),
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
  return selectionCurves(line).flatMap((curve) => {
    const accuracy = curve.points[size - 1];
    const gain = curve.id === 'random' ? null : (line.gainOverRandom[curve.id as Selection][size - 1] ?? null);
    return accuracy ? [{ curve, accuracy, gain }] : [];
  });
}

export interface ProcessRow {
  readonly name: string;
  readonly cells: readonly string[];
}

export const PROCESS_COLUMNS = [
  t('solutions'),
  t('steps'),
  t('macro F1'),
  t('micro F1'),
  t('positive F1'),
  t('negative F1'),
  t('first error'),
  t('no error'),
  t('first-error F1'),
] as const;

/** Rows for all solutions, then by source, then by the model that wrote the solutions. */
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
    row(t('all'), all),
    ...Object.entries(bySource).map(([name, scores]) => row(t('source {0}', name), scores)),
    ...Object.entries(byModel).map(([name, scores]) => row(t('model {0}', name), scores)),
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
      ? listed([plural(line.problems, '{0} problem', '{0} problems'), plural(line.candidates, '{0} candidate', '{0} candidates')])
      : plural(line.all.solutions, '{0} solution', '{0} solutions');
  const origins = [
    ...(recorded > 0 ? [t('scores as they are in {0}', plural(recorded, '{0} file', '{0} files'))] : []),
    ...(scored > 0
      ? [
          t(
            '{0} scored with {1}{2}',
            plural(scored, '{0} file', '{0} files'),
            model ?? t('the model'),
            device === undefined ? '' : t(' on {0}', device),
          ),
        ]
      : []),
  ];
  return t('{0} · {1} · seed {2}', counted, listed(origins), line.seed);
}

/** What was left out of the numbers, and why. */
export function notesOf(line: EvaluateLine): string[] {
  const notScored = (line.scores.notScored ?? []).map(({ reason, steps }) =>
    t('{0} not scored. {1}', plural(steps, '{0} step', '{0} steps'), reason),
  );
  return [...countedOut(line), ...notScored];
}

function countedOut(line: EvaluateLine): string[] {
  if (line.kind === 'bestOfN') {
    const few = line.problems - (line.complete.at(-1) ?? 0);
    return [
      ...(line.unscored > 0 ? [t('{0} without a score are chosen last.', plural(line.unscored, '{0} candidate', '{0} candidates'))] : []),
      ...(line.unanswered > 0
        ? [t('{0} without a readable final answer do not vote.', plural(line.unanswered, '{0} candidate', '{0} candidates'))]
        : []),
      ...(line.withoutVerdict > 0
        ? [t('{0} left out: not several candidates that all have a verdict.', plural(line.withoutVerdict, '{0} problem', '{0} problems'))]
        : []),
      ...(few > 0
        ? [t('{0} with fewer than {1} candidates count with all they have.', plural(few, '{0} problem', '{0} problems'), line.sizes.length)]
        : []),
    ];
  }
  return [
    ...(Object.keys(line.bySource).length > 1
      ? [t('Mean over sources {0} %, weighted by steps {1} %.', percent(line.meanOverSources), percent(line.weightedMeanOverSources))]
      : []),
    ...(line.neutralSteps > 0
      ? [t('{0} left out, as the benchmark does.', plural(line.neutralSteps, '{0} neutral step', '{0} neutral steps'))]
      : []),
    ...(line.unscoredSteps > 0
      ? [t('{0} without a score left out.', plural(line.unscoredSteps, '{0} judged step', '{0} judged steps'))]
      : []),
  ];
}

/** The table that is shown, as Markdown. */
export function markdownTable(line: EvaluateLine, size: number): string {
  const [head, rows] =
    line.kind === 'bestOfN'
      ? [
          [`N = ${size}`, t('accuracy in %'), t('95 % interval'), t('gain over random')],
          selectionRows(line, size).map(({ curve, accuracy, gain }) => [
            curve.name,
            percent(accuracy.value),
            intervalText(accuracy),
            gain === null ? '' : gainText(gain),
          ]),
        ]
      : [[t('threshold {0}', line.threshold), ...PROCESS_COLUMNS], processRows(line).map(({ name, cells }) => [name, ...cells])];
  const text = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`;
  const rule = `|${head.map((_, column) => (column === 0 ? '---|' : '---:|')).join('')}\n`;
  return `${titleOf(line)}: ${factsOf(line)}\n\n${text(head)}${rule}${rows.map(text).join('')}`;
}

/** `81.3`, and a dash where there is nothing to count. */
export function percent(share: number | null): string {
  return share === null ? '–' : (share * 100).toFixed(1);
}

export function intervalText({ low, high }: EstimateLine): string {
  return `${percent(low)}–${percent(high)}`;
}

/** `+8.9 (+2.1 to +15.0)`. */
export function gainText({ value, low, high }: EstimateLine): string {
  const signed = (share: number | null): string => `${share !== null && share >= 0 ? '+' : ''}${percent(share)}`;
  return t('{0} ({1} to {2})', signed(value), signed(low), signed(high));
}
