import { type ComparedProblem, compareTrees, sameProblem } from '../../debug/compareTrees.js';
import { runsPage } from '../../debug/comparisonPage.js';
import { t } from '../../l10n.js';
import type { ScoredDocument } from '../../language/scoredDocument.js';
import { CompareRuns } from '../../protocol/comparison.js';
import { RequestError } from '../../protocol/message.js';
import type { EditorSession } from '../session.js';

export function handleComparison({ door, service }: EditorSession): void {
  door.handle(CompareRuns, async ({ uri, problem, other }) => {
    await Promise.all([service.whenRead(uri), service.whenRead(other)]);
    const [first, second] = [service.document(uri), service.document(other)];
    const wanted = first?.problems[problem];
    if (!first || !wanted) throw new RequestError('failed', t('{0} has no problem {1}.', nameOf(uri), problem + 1));
    const found = second && sameProblem(second.reasoning.problems, wanted.problem);
    if (!second || found === undefined)
      throw new RequestError('failed', t('{0} has no problem with this question. Choose another run of the same problem.', nameOf(other)));
    const comparison = compareTrees(valuesOf(first, problem), valuesOf(second, found));
    const isOneName = nameOf(uri) === nameOf(other);
    const name = (one: string): string => (isOneName ? decoded(one.split('/').slice(-2).join('/')) : nameOf(one));
    return { page: runsPage({ first: name(uri), second: name(other) }, comparison), problem: found };
  });
}

function valuesOf({ problems }: ScoredDocument, at: number): ComparedProblem {
  const scored = problems[at];
  if (!scored) throw new RangeError(t('There is no problem {0}.', at));
  return { problem: scored.problem, values: scored.steps.map(({ value }) => value) };
}

function nameOf(uri: string): string {
  return decoded(uri.slice(uri.lastIndexOf('/') + 1));
}

/** A client may send anything as a URI. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
