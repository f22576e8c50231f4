import { object, optional, text } from '../protocol/shape.js';
import { pageOf, shortened } from './page.js';
import { argsOf, cursorSchema, pathSchema, type Tool } from './tool.js';

const shape = object({ path: text, cursor: optional(text) });

export const listProblems: Tool = {
  name: 'list_problems',
  title: 'List problems',
  description:
    'Problems with reasoning in a file or folder: question, format, how many solutions, tree nodes and steps there are, and how many first low steps (likely errors).',
  inputSchema: {
    type: 'object',
    properties: {
      path: { ...pathSchema, description: `${pathSchema.description} Or a folder; "." is the whole workspace.` },
      cursor: cursorSchema,
    },
    required: ['path'],
  },
  async run(args, { workspace }, signal) {
    const { path, cursor } = argsOf(shape, args);
    const found: object[] = [];
    const faults: object[] = [];
    for await (const document of workspace.documents(path)) {
      signal.throwIfAborted();
      for (const { message, span } of document.reasoning.faults)
        faults.push({ path: document.path, line: document.lines.position(span.start).line + 1, message });
      for (const { problem, steps } of document.problems)
        found.push({
          path: document.path,
          problem: problem.index,
          format: document.reasoning.format,
          question: shortened(problem.question, 300),
          ...(problem.answer !== undefined && { referenceAnswer: shortened(problem.answer, 200) }),
          solutions: problem.solutions.length,
          ...(problem.tree && { nodes: problem.tree.nodes.length }),
          steps: steps.length,
          firstLowSteps: steps.filter((step) => step.firstLow).length,
        });
    }
    return { ...pageOf(found, cursor), readingFaults: faults.slice(0, 20) };
  },
};
