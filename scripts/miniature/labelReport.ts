import type { Estimate } from '../../server/reasoning/bootstrap.js';
import { itemAt, mustGet } from '../../server/reasoning/present.js';
import { type LabelQuality, labelQuality, type MergeQuality, mergeQuality, type SuspectQuality, suspectQuality } from './labelStudy.js';
import { continuations, type JudgedSolution } from './rolloutLog.js';

/** Numbers of continuations that are compared. */
const counts = [8, 16, continuations];
/** Numbers of continuations for the search for wrong labels: with fewer continuations, more labels are wrong. */
const noisy = [4, 8, 16];
/** Greatest numbers of pieces that a solution is merged into. The last one is more than the steps of any solution. */
const pieces = [2, 4, 8, 12, 99];
/** Rollouts can label only kinds of problems of which the policy solves at least this share. */
const solvable = 0.3;

export interface LabelStudy {
  readonly solutions: number;
  readonly groups: readonly { readonly name: string; readonly solutions: number; readonly labels: readonly LabelQuality[] }[];
  readonly merging: readonly MergeQuality[];
  readonly suspects: readonly { readonly name: string; readonly samples: number; readonly quality: SuspectQuality }[];
}

/** `scores`: the PRM's score of every step of every solution; NaN = none. */
export function labelStudy(solutions: readonly JudgedSolution[], scores: readonly (readonly number[])[], seed: number): LabelStudy {
  const shares = new Map(
    [...new Set(solutions.map(({ kind }) => kind))].map((kind) => {
      const own = solutions.filter((solution) => solution.kind === kind);
      return [kind, own.filter(({ exact }) => exact.solved).length / own.length];
    }),
  );
  const places = solutions.map((_, at) => at);
  const isSolvable = (at: number): boolean => mustGet(shares, itemAt(solutions, at).kind) >= solvable;
  const groups = [
    { name: 'all kinds of problems', members: places },
    { name: `kinds the policy solves ${100 * solvable} % of or more`, members: places.filter(isSolvable) },
    { name: 'other kinds', members: places.filter((at) => !isSolvable(at)) },
  ].filter(({ members }) => members.length > 0);
  const of = (members: readonly number[]) => members.map((at) => itemAt(solutions, at));
  return {
    solutions: solutions.length,
    groups: groups.map(({ name, members }) => ({
      name,
      solutions: members.length,
      labels: counts.map((samples) => labelQuality(of(members), samples, seed)),
    })),
    merging: pieces.map((most) => mergeQuality(solutions, most, seed)),
    suspects: noisy.flatMap((samples) =>
      groups.map(({ name, members }) => ({
        name,
        samples,
        quality: suspectQuality(
          of(members),
          members.map((at) => itemAt(scores, at)),
          seed,
          samples,
        ),
      })),
    ),
  };
}

export function labelText({ solutions, groups, merging, suspects }: LabelStudy): string {
  const percent = (x: number): string => (Number.isNaN(x) ? '-' : (100 * x).toFixed(1).replace(/^-0.0$/, '0.0'));
  const estimate = ({ value, low, high }: Estimate): string => `${percent(value)} [${percent(low)}, ${percent(high)}]`;
  const wide = (text: string): string => text.padEnd(22);
  const lines = [
    `Labels against exact verdicts: ${solutions} held-out solutions of the policy, ${continuations} logged continuations a step; percent with 95 % intervals`,
  ];
  for (const { name, solutions: own, labels } of groups) {
    lines.push(
      `\n${name} (${own} solutions)`,
      `  continuations  ${['labels wrong', 'right called wrong', 'wrong called right', 'bias of labels', 'bias of soft values'].map(wide).join('')}`,
    );
    for (const { samples, flips, rightCalledWrong, wrongCalledRight, bias, softBias } of labels)
      lines.push(
        `  ${String(samples).padStart(13)}  ${[flips, rightCalledWrong, wrongCalledRight, bias, softBias].map((one) => wide(estimate(one))).join('')}`,
      );
  }
  lines.push(
    `\nSteps merged to at most so many pieces, 16 continuations a piece (${itemAt(merging, 0).solutions} solutions)`,
    `  pieces  merged  rollouts  ${['labels wrong', 'first error in the piece'].map((text) => text.padEnd(26)).join('')}steps in that piece`,
  );
  for (const { most, merged, rollouts, flips, found, length } of merging)
    lines.push(
      `  ${(most > 12 ? 'none' : String(most)).padStart(6)}  ${percent(merged).padStart(6)}  ${rollouts.toFixed(1).padStart(8)}  ${[flips, found].map((one) => estimate(one).padEnd(26)).join('')}${length.toFixed(2)}`,
    );
  lines.push(
    '\nSuspects: labels of some continuations, ranked by the posterior of rollouts and PRM score; a label for every block of the logged continuations',
    `  continuations  ${''.padEnd(44)} ${['labels', 'wrong'].map((text) => text.padStart(7)).join('')}  ${['AUROC', 'precision@100', 'R-precision'].map((text) => text.padEnd(21)).join('')}`,
  );
  for (const { name, samples, quality } of suspects) {
    const { labels, wrongLabels, precision, rPrecision } = quality;
    const most = precision.most < 1 ? ` (at most ${percent(precision.most)})` : '';
    lines.push(
      `  ${String(samples).padStart(13)}  ${name.padEnd(44)} ${[labels, wrongLabels].map((count) => String(count).padStart(7)).join('')}  ${[
        estimate(quality.auroc),
        `${percent(precision.share)}${most}`,
        percent(rPrecision),
      ]
        .map((text) => text.padEnd(21))
        .join('')
        .trimEnd()}`,
    );
  }
  return `${lines.join('\n')}\n`;
}
