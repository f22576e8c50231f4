import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isSameFile, writeWhole } from '../disk/writeWhole.js';
import { t } from '../l10n.js';
import { costLines } from '../labeling/economy/costLines.js';
import type { FileFault } from '../protocol/evaluation.js';
import type {
  ExplainTrainingParams,
  ExportOutcome,
  ExportTrainingParams,
  TrainingExplanation,
  TrainingFormat,
} from '../protocol/training.js';
import type { Problem } from '../reasoning/problem.js';
import { cardPath, datasetCard } from '../training/datasetCard.js';
import { explainPath } from '../training/explainPath.js';
import { EXPORT_FORMATS, exportProblems, rulesInWords, rulesOf } from '../training/exportFormat.js';
import { groupAround } from '../training/problemGroup.js';
import { EXCLUSIONS, type Exclusion } from '../training/selection.js';
import { SourceList } from '../training/sourceList.js';
import { type OpenText, readRequested } from './openInput.js';

export function trainingFormats(): TrainingFormat[] {
  return EXPORT_FORMATS.map(({ id, title, rules }) => ({ id, title, threshold: rules.threshold, rules: rulesInWords(rules) }));
}

/** Writes training data for a command of the editor. Rejects with a message that names the cause. */
export async function exportTraining(
  { uris, format: id, threshold, seed, out }: ExportTrainingParams,
  openText: (uri: string) => OpenText | undefined,
): Promise<ExportOutcome> {
  const format = EXPORT_FORMATS.find((one) => one.id === id);
  if (!format) throw new Error(t('There is no format "{0}". Formats: {1}.', id, EXPORT_FORMATS.map((one) => one.id).join(', ')));
  if (!out.startsWith('file:')) throw new Error(t('Training data is written to files on this machine; {0} is not one.', out));
  const path = fileURLToPath(out);
  const faults: FileFault[] = [];
  const problems: Problem[] = [];
  const sources = new SourceList();
  let files = 0;
  for await (const { file, reasoning } of readRequested(uris, openText, faults)) {
    if (await isSameFile(file, path))
      throw new Error(t('{0} is one of the files that the training data is made of, and is not overwritten. Choose another name.', path));
    files++;
    for (const problem of reasoning.problems) {
      problems.push(problem);
      sources.add(file, problem);
    }
  }
  if (files === 0) {
    const reasons = faults.map((fault) => `${fault.uri}: ${fault.message}`);
    throw new Error(reasons.length > 0 ? reasons.join('\n') : t('There is no file with reasoning to export.'));
  }
  const { records, samplesWithError, paths, excluded } = exportProblems(problems, format, { seed, threshold });
  await writeWhole(path, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
  const card = datasetCard({
    file: basename(path),
    format,
    rules: rulesOf(format, { seed, threshold }),
    seed,
    samples: records.length,
    samplesWithError,
    paths,
    excluded,
    sources: sources.sources,
    questions: sources.questions,
    costs: await costLines(sources.sources.map(({ file }) => file)),
  });
  await writeWhole(cardPath(path), card);
  const reasons = Object.entries(excluded).map(([reason, count]) => ({ reason, meaning: EXCLUSIONS[reason as Exclusion], count }));
  return { files, samples: records.length, samplesWithError, paths, excluded: reasons, faults };
}

/** The answer for every format; empty when the document has no such node or step. */
export function explainTraining(
  problems: readonly Problem[],
  index: number,
  { node, step, seed, thresholds }: Omit<ExplainTrainingParams, 'uri' | 'problem'>,
): TrainingExplanation[] {
  const problem = problems[index];
  if (problem === undefined) return [];
  const end = endOf(problem, node, step);
  if (end === undefined) return [];
  return EXPORT_FORMATS.map((format): TrainingExplanation => {
    const threshold = thresholds[format.id] ?? format.rules.threshold;
    const options = { seed, threshold };
    const { included, sentence } = explainPath(problem, end, format, options, groupAround(problems, index));
    return { format: format.id, title: format.title, threshold, included, why: sentence, rules: rulesInWords(rulesOf(format, options)) };
  });
}

/** Returns the end of a path: a node in a tree, else a step. */
function endOf({ tree, steps }: Problem, node: number | undefined, step: number | undefined): number | undefined {
  if (tree === undefined) return step !== undefined && steps[step] !== undefined ? step : undefined;
  const end = node ?? (step === undefined ? undefined : steps[step]?.node);
  return end !== undefined && tree.nodes[end] !== undefined ? end : undefined;
}
