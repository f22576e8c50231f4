import { chosenBy } from '../language/solutionValues.js';
import { count, object, optional, text } from '../protocol/shape.js';
import { pageOf, shortened } from './page.js';
import { stepFacts } from './stepFacts.js';
import { argsOf, cursorSchema, pathSchema, problemSchema, type Tool, ToolError } from './tool.js';

const shape = object({ path: text, problem: count, solution: optional(count), cursor: optional(text) });

export const readProblem: Tool = {
  name: 'read_problem',
  title: 'Read a problem',
  description:
    'Question, reference answer and the steps of a problem with their values and lines. Without `solution` every step once (a tree in reading order); with it the steps of that solution (of a tree: that root-to-leaf path).',
  inputSchema: {
    type: 'object',
    properties: {
      path: pathSchema,
      problem: problemSchema,
      solution: { type: 'integer', minimum: 0, description: 'Position of the solution, from 0.' },
      cursor: cursorSchema,
    },
    required: ['path', 'problem'],
  },
  async run(args, { workspace }) {
    const { path, problem: index, solution: wanted, cursor } = argsOf(shape, args);
    const { document, problem } = await workspace.problem(path, index);
    const { question, answer, solutions, tree, images } = problem.problem;
    const solution = wanted === undefined ? undefined : solutions[wanted];
    if (wanted !== undefined && !solution)
      throw new ToolError(`The problem has ${solutions.length} solutions; ${wanted} is not one of them.`);
    const steps = solution ? solution.steps.flatMap((step) => problem.steps[step] ?? []) : problem.steps;
    const by = solution && chosenBy(problem).get(solution.index);
    return {
      path: document.path,
      problem: index,
      question: shortened(question),
      ...(answer !== undefined && { referenceAnswer: shortened(answer) }),
      ...(images.length > 0 && { images: images.map((image) => shortened(image, 200)) }),
      solutions: solutions.length,
      ...(tree && { nodes: tree.nodes.length }),
      ...(solution && {
        solution: solution.index,
        ...(solution.correct !== undefined && { isRight: solution.correct }),
        ...(by && { chosenBy: by }),
      }),
      threshold: document.threshold,
      ...pageOf(
        steps.map((step) => stepFacts(document, problem, step)),
        cursor,
      ),
    };
  },
};
