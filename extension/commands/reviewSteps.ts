import { l10n, ProgressLocation, type Uri, window } from 'vscode';
import type { ReviewKind } from '../../server/protocol/review.js';
import type { Review } from '../views/reviewSession.js';
import { type Command, filesOf, isIndex } from './command.js';

const kinds: readonly { readonly label: string; readonly detail: string; readonly queue: ReviewKind; readonly count?: number }[] = [
  {
    label: l10n.t('Least certain first'),
    detail: l10n.t('Steps about which rollouts, PRM, judge and people together know least: fewest judgments for the most knowledge'),
    queue: 'uncertain',
  },
  { label: l10n.t('First low steps'), detail: l10n.t('The first low step of every solution'), queue: 'first-low' },
  { label: l10n.t('Suspicious labels'), detail: l10n.t('Labels that all other sources together contradict'), queue: 'suspects' },
  { label: l10n.t('Disagreements'), detail: l10n.t('Steps where reviewers, or two sources, say different things'), queue: 'disagreements' },
  { label: l10n.t('Random audit of 50 steps'), detail: l10n.t('The same steps for every reviewer'), queue: 'audit', count: 50 },
  { label: l10n.t('Every step'), detail: l10n.t('In the order of the files'), queue: 'all' },
];

const ways: readonly { readonly label: string; readonly detail: string; readonly way: Pick<Review, 'mode' | 'blind'> }[] = [
  { label: l10n.t('Judge every step'), detail: l10n.t('Values are shown'), way: { mode: 'every-step', blind: false } },
  {
    label: l10n.t('Judge every step, blind'),
    detail: l10n.t('Values are hidden until you have judged'),
    way: { mode: 'every-step', blind: true },
  },
  {
    label: l10n.t('Find the first error'),
    detail: l10n.t('A wrong step makes the steps before it right'),
    way: { mode: 'first-error', blind: false },
  },
  {
    label: l10n.t('Find the first error, blind'),
    detail: l10n.t('Values are hidden until you have judged'),
    way: { mode: 'first-error', blind: true },
  },
];

/**
 * Begins a review of the steps of files or folders, or only of the part given by `part`: a record, a step and what
 * follows it, or a queue. Can also continue the last review.
 */
export const reviewSteps: Command = {
  id: 'steplens.reviewSteps',
  async run(stepLens, target, selected, part) {
    const { review, reviews } = stepLens;
    const left = review.review.items.length - review.judged.filter((value) => value !== null).length;
    const files = filesOf(stepLens, target, selected);
    if (review.review.items.length > 0 && files.length === 0) return reviews.open();
    if (files.length === 0) {
      void window.showInformationMessage(l10n.t('Open a file with solutions or trees first, or choose files in the explorer.'));
      return;
    }
    if (isPlace(part)) {
      if (await begin(stepLens, files, 'all', { from: part })) reviews.open();
      return;
    }
    const queue = kinds.find((kind) => kind.queue === queueOf(part))?.queue;
    if (queue !== undefined) {
      if (await begin(stepLens, files, queue, {})) reviews.open();
      return;
    }
    const goOn =
      left > 0
        ? [
            {
              label: l10n.t('Continue the last review ({0} of {1} steps left)', left, review.review.items.length),
              detail: '',
              queue: undefined,
            },
          ]
        : [];
    const what = await window.showQuickPick([...goOn, ...kinds], { placeHolder: l10n.t('Steps to review') });
    if (!what) return;
    if (
      what.queue !== undefined &&
      !(await begin(stepLens, files, what.queue, 'count' in what && what.count !== undefined ? { count: what.count } : {}))
    )
      return;
    reviews.open();
  },
};

interface Place {
  readonly problem: number;
  readonly step?: number;
}

function isPlace(value: unknown): value is Place {
  const { problem, step } = (value ?? {}) as Partial<Record<keyof Place, unknown>>;
  return isIndex(problem) && (step === undefined || isIndex(step));
}

function queueOf(value: unknown): unknown {
  return (value as { readonly queue?: unknown } | null | undefined)?.queue;
}

async function begin(
  { review }: Parameters<Command['run']>[0],
  files: readonly Uri[],
  kind: ReviewKind,
  part: { readonly count?: number; readonly from?: Place },
): Promise<boolean> {
  const how = await window.showQuickPick(ways, { placeHolder: l10n.t('How to review'), ignoreFocusOut: true });
  if (!how) return false;
  await window.withProgress({ location: ProgressLocation.Notification, title: l10n.t('StepLens: Collecting steps') }, () =>
    review.begin(files, kind, { ...how.way, ...part }),
  );
  return true;
}
