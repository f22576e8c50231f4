import { fileURLToPath } from 'node:url';
import type { FoundImages, ImagePlace } from '../files/images.js';
import { listed, t } from '../l10n.js';
import { labelProblems } from '../labeling/problemFile.js';
import type { ScoredDocument } from '../language/scoredDocument.js';
import type { LabelingSettings, LabelJob, ResultJob } from './labelerPort.js';

/**
 * Creates a run's job for a problem of a document. Rejects with a sentence that names what is missing. `document` is
 * the one that was open when the request arrived: a run does not depend on whether it stays open.
 */
export async function labelJob(
  document: ScoredDocument,
  index: number,
  options: {
    readonly settings: LabelingSettings;
    readonly again: boolean;
    /** Where the document's images may be. */
    readonly place: ImagePlace;
    readonly findImages: (names: readonly string[]) => Promise<FoundImages>;
  },
): Promise<LabelJob> {
  const { uri } = document;
  const problem = document.reasoning.problems[index];
  if (!problem) throw new Error(problemIsGone());
  if (!uri.startsWith('file:')) throw new Error(t('Save the file first: its labels are written beside it.'));
  const { problems, faults } = labelProblems([problem]);
  const [labeled] = problems;
  if (!labeled) throw new Error(faults[0]?.message ?? problemIsGone());
  const { place, settings, again } = options;
  const { uris, refusals } = await options.findImages(problem.images.filter((image) => !isUrl(image)));
  if (refusals[0] !== undefined) throw new Error(refusals[0]);
  const found = uris.map((image) => fileURLToPath(image));
  if (found.length < problem.images.filter((image) => !isUrl(image)).length) {
    throw new Error(
      t('The figure of this problem ({0}) was not found beside the file or in the workspace. Correct its path.', listed(problem.images)),
    );
  }
  const images = [...found, ...problem.images.filter(isUrl)];
  return { problem: labeled, uri, images, place, settings, again };
}

/** Maximum number of problems in a document whose runs are searched for. */
const mostResults = 2000;

/** Returns the problems that may have runs beside the document, at most its first ones. A tree is a result itself. */
export function resultJobs({ uri, reasoning }: ScoredDocument, settings: LabelingSettings): ResultJob[] {
  return reasoning.problems.slice(0, mostResults).flatMap((one) => {
    const [problem] = one.tree ? [] : labelProblems([one]).problems;
    return problem ? [{ index: one.index, uri, problem, settings }] : [];
  });
}

export const problemIsGone = (): string => t('This problem is not in the file any more, or the file was closed.');

function isUrl(image: string): boolean {
  return /^(https?|data):/i.test(image);
}
