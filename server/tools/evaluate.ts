import { setImmediate } from 'node:timers/promises';
import { EvaluationRun, nothingToEvaluate } from '../evaluation/evaluation.js';
import { type EvaluateLine, evaluationLine } from '../evaluation/evaluationLine.js';
import { problemImages } from '../files/images.js';
import { flag, object, optional, text } from '../protocol/shape.js';
import { type ScorerInfo, scoreJob } from '../scoring/scorer.js';
import { pageOf } from './page.js';
import { argsOf, cursorSchema, pathSchema, type Tool, ToolError } from './tool.js';

const shape = object({ path: text, rescore: optional(flag), cursor: optional(text) });

/** Seed for resampling and intervals, the same as the command line's, so that both give the same numbers. */
const seed = 1;

export const evaluate: Tool = {
  name: 'evaluate',
  title: 'Evaluate a model',
  description:
    'How well process reward scores choose among candidates (Best-of-N: accuracy of every way of choosing at every N, with 95 % intervals and the gain over a random choice), or find labeled errors (process benchmarks: F1, first error), of a file or folder. Scores in the files are used; files without any are scored with the model.',
  inputSchema: {
    type: 'object',
    properties: {
      path: { ...pathSchema, description: `${pathSchema.description} Or a folder.` },
      rescore: { type: 'boolean', description: 'Score with the model also where scores are in the file.' },
      cursor: cursorSchema,
    },
    required: ['path'],
  },
  async run(args, { workspace, verifier, score }, signal) {
    const { path, rescore = false, cursor } = argsOf(shape, args);
    let info: ScorerInfo | undefined;
    let folder = '';
    const left: string[] = [];
    const run = new EvaluationRun(
      { seed, threshold: undefined, rescore },
      {
        async score(problem) {
          const scored = await score(scoreJob(problem, problemImages({ searched: [folder], roots: [] }, problem.images)), { signal });
          info = scored.info;
          return scored.result;
        },
        model: () => info && { model: info.model, device: info.device.provider, threshold: info.threshold },
        verifier,
        onProgress: () => undefined,
        async pause() {
          await setImmediate();
          signal.throwIfAborted();
        },
      },
    );
    for await (const document of workspace.documents(path)) {
      signal.throwIfAborted();
      folder = document.file.replace(/[^/\\]*$/, '');
      if (!(await run.add(document.path, document.reasoning))) left.push(document.path);
    }
    const lines = (await run.evaluations()).map(evaluationLine);
    if (lines.length === 0) throw new ToolError(`${path}: ${nothingToEvaluate}`);
    const rows = lines.flatMap(rowsOf);
    return { evaluations: lines.map(summaryOf), notEvaluated: left.slice(0, 20), ...pageOf(rows, cursor, 40) };
  },
};

/** Summarizes an evaluation, without its rows. */
function summaryOf(line: EvaluateLine): object {
  const { kind, files, scores } = line;
  const about = { kind, files: files.slice(0, 20), scores, seed: line.seed };
  if (line.kind === 'bestOfN') {
    const { problems, candidates, unscored, unanswered, withoutVerdict, sizes } = line;
    return { ...about, problems, candidates, unscored, unanswered, withoutVerdict, sizes };
  }
  const { benchmark, headline, threshold, thresholdOrigin, score, best, neutralSteps, unscoredSteps } = line;
  return { ...about, benchmark, headline, threshold, thresholdOrigin, score, best, neutralSteps, unscoredSteps };
}

/** Returns one row for each way of choosing and N, or for each group of solutions. */
function rowsOf(line: EvaluateLine): object[] {
  if (line.kind === 'bestOfN')
    return Object.entries(line.accuracy).flatMap(([select, estimates]) =>
      estimates.map((accuracy, at) => ({
        kind: line.kind,
        select,
        n: line.sizes[at],
        accuracy,
        gainOverRandom: line.gainOverRandom[select as keyof typeof line.gainOverRandom][at],
      })),
    );
  const groups = [
    { group: 'all', scores: line.all },
    ...Object.entries(line.bySource).map(([name, scores]) => ({ group: `source ${name}`, scores })),
    ...Object.entries(line.byModel).map(([name, scores]) => ({ group: `model ${name}`, scores })),
  ];
  return groups.map(({ group, scores }) => ({ kind: line.kind, group, ...scores }));
}
