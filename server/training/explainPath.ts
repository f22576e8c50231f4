import type { Problem } from '../reasoning/problem.js';
import { type ExportFormat, type ExportOptions, rulesOf } from './exportFormat.js';
import { pathTo } from './labelNodes.js';
import { EXCLUSIONS, type Exclusion, outcomesByPiece, type PathOutcome, type Selected, selectGroup } from './selection.js';

/** Whether a path is in the training set, and why. */
export interface PathExplanation {
  readonly included: boolean;
  /** Set when it is left out for one reason. */
  readonly exclusion?: Exclusion;
  /** One sentence, for people. */
  readonly sentence: string;
}

/**
 * Answers "why is this path (not) in the training set?" for the paths that end at a tree node or, without a tree, at a
 * step. The returned function takes the id of this node or step in the problem. The answers come from the same
 * selection as an export. `group`: the other solutions of the problem, and the problem itself (problemGroup.ts).
 */
export function pathExplainer(
  problem: Problem,
  format: ExportFormat,
  options: ExportOptions,
  group: readonly Problem[] = [problem],
): (end: number) => PathExplanation {
  const { threshold } = rulesOf(format, options);
  const selected = selectGroup(group, rulesOf(format, options), options.seed).parts.find((part) => part.problem === problem);
  if (selected === undefined) throw new RangeError('The problem is not in its group.');
  const through = outcomesByPiece(selected);
  const indices = new Map(selected.forest.nodes.map(({ source }, index) => [source, index]));
  return (end) => {
    const index = indices.get(end);
    if (index === undefined) return { included: false, sentence: 'The question itself is no path: it has no step to label.' };
    const outcomes = [...(through.get(index) ?? [])];
    const depth = pathTo(selected.forest, index).length;
    const own = outcomes.find(({ last, ends }) => last === index || ends.includes(index));
    if (own !== undefined) return explainWhole(selected, own, depth, threshold);
    const onwards = outcomes.filter(({ length }) => length > depth);
    if (onwards.length > 0) return explainBeginning(onwards);
    const where = outcomes[0] === undefined ? '' : `, at ${place(selected, outcomes[0])}, whose value is not above ${threshold}`;
    return { included: false, sentence: `Not in the set: the path ends before it${where}.` };
  };
}

/** Explains one path; for many paths of the same problem, use `pathExplainer`. */
export function explainPath(
  problem: Problem,
  end: number,
  format: ExportFormat,
  options: ExportOptions,
  group?: readonly Problem[],
): PathExplanation {
  return pathExplainer(problem, format, options, group)(end);
}

function explainBeginning(onwards: readonly PathOutcome[]): PathExplanation {
  const within = onwards.filter(({ sample }) => sample !== undefined).length;
  const paths = `${onwards.length} ${onwards.length === 1 ? 'path continues' : 'paths continue'} from it`;
  if (within > 0)
    return { included: true, sentence: `In the set as the beginning of ${within} ${within === 1 ? 'sample' : 'samples'}: ${paths}.` };
  const reasons = [...new Set(onwards.flatMap(({ exclusion }) => exclusion ?? []))];
  const exclusion = reasons.length === 1 ? reasons[0] : undefined;
  const sentence = `Not in the set: ${paths}, and none gave a sample (${reasons.map((reason) => EXCLUSIONS[reason]).join('; ')}).`;
  return { included: false, ...(exclusion !== undefined && { exclusion }), sentence };
}

function explainWhole(selected: Selected, outcome: PathOutcome, depth: number, threshold: number): PathExplanation {
  const end = outcome.length < depth ? `, up to ${place(selected, outcome)}, whose value is not above ${threshold}` : '';
  if (outcome.exclusion !== undefined) {
    return { included: false, exclusion: outcome.exclusion, sentence: `Not in the set${end}: ${EXCLUSIONS[outcome.exclusion]}.` };
  }
  const hasError = outcome.sample?.hasError === true;
  return { included: true, sentence: `In the set${end}, as a sample ${hasError ? 'with an error' : 'without an error'}.` };
}

function place({ forest }: Selected, { length }: PathOutcome): string {
  return `${forest.isTree ? 'node' : 'step'} ${length} of the path`;
}
