import { problemImages } from '../files/images.js';
import { scoredProblem } from '../language/scoredDocument.js';
import { count, object, optional, text } from '../protocol/shape.js';
import { scoreJob } from '../scoring/scorer.js';
import { pageOf } from './page.js';
import { stepFacts } from './stepFacts.js';
import { argsOf, cursorSchema, pathSchema, problemSchema, type Tool } from './tool.js';

const shape = object({ path: text, problem: count, cursor: optional(text) });

export const scoreProblem: Tool = {
  name: 'score_problem',
  title: 'Score a problem',
  description:
    'Scores every step of a problem with the process reward model, on this machine unless its profile names a server that the user has consented to.',
  inputSchema: {
    type: 'object',
    properties: { path: pathSchema, problem: problemSchema, cursor: cursorSchema },
    required: ['path', 'problem'],
  },
  async run(args, { workspace, score }, signal) {
    const { path, problem: index, cursor } = argsOf(shape, args);
    const { document, problem } = await workspace.problem(path, index);
    const images = problemImages({ searched: [document.file.replace(/[^/\\]*$/, '')], roots: [] }, problem.problem.images);
    const { result, info } = await score(scoreJob(problem.problem, images), { signal });
    const scored = scoredProblem(problem.problem, result, info.threshold);
    const facts = scored.steps.map((step) => ({
      ...stepFacts(document, scored, step),
      score: step.values.prm ?? step.values.judge ?? null,
      ...(step.skipped !== undefined && { notScored: step.skipped }),
    }));
    return { model: info.model, device: info.device.provider, threshold: info.threshold, ...pageOf(facts, cursor) };
  },
};
