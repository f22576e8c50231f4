import { plural } from '../l10n.js';
import type { FileOutline } from '../protocol/steps.js';
import { isLow, type ScoredDocument, type ScoredProblem } from './scoredDocument.js';
import { stepPlace } from './stepPlace.js';
import { formatStepValue, oneLine } from './valueText.js';

/** Maximum problems of a file, and low steps of a problem, that are listed; the rest is only counted. */
const mostProblems = 1000;
const mostSteps = 200;

/** A document's entries in the view of open files: its problems, each with its low steps in the file's order. */
export function fileOutline(document: ScoredDocument): FileOutline {
  const { problems } = document;
  return {
    problems: problems.slice(0, mostProblems).map((one) => outlineOf(document, one)),
    problemCount: problems.length,
    firstLow: problems.reduce((sum, { steps }) => sum + steps.filter((step) => step.firstLow).length, 0),
  };
}

function outlineOf(document: ScoredDocument, scored: ScoredProblem): FileOutline['problems'][number] {
  const { problem, steps } = scored;
  const low = steps.filter(isLow).sort((a, b) => a.step.span.start - b.step.span.start);
  const size = problem.tree
    ? plural(problem.tree.nodes.length, '{0} node', '{0} nodes')
    : plural(problem.solutions.length, '{0} solution', '{0} solutions');
  return {
    problem: problem.index,
    title: oneLine(problem.question, 80),
    size,
    range: document.lines.range(problem.questionSpan ?? problem.span),
    lowCount: low.length,
    low: low.slice(0, mostSteps).map((step) => ({
      text: oneLine(step.step.text, 80),
      // The step is listed below its problem's title, so the problem has no number here.
      place: stepPlace(1, scored, step),
      value: formatStepValue(step.value, document.threshold),
      first: step.firstLow,
      range: document.lines.range(step.step.span),
    })),
  };
}
