import { flag, object, optional, text } from '../protocol/shape.js';
import { pageOf } from './page.js';
import { stepFacts } from './stepFacts.js';
import { argsOf, cursorSchema, pathSchema, type Tool } from './tool.js';

const shape = object({ path: text, all: optional(flag), cursor: optional(text) });

export const lowSteps: Tool = {
  name: 'low_steps',
  title: 'Low steps',
  description:
    'The likely errors of a file or folder: the first low step of every solution, with its text, value, source and the value before it. A step is low when the value that decides is below the threshold.',
  inputSchema: {
    type: 'object',
    properties: {
      path: { ...pathSchema, description: `${pathSchema.description} Or a folder.` },
      all: { type: 'boolean', description: 'Also the low steps after the first one of a solution.' },
      cursor: cursorSchema,
    },
    required: ['path'],
  },
  async run(args, { workspace }, signal) {
    const { path, all = false, cursor } = argsOf(shape, args);
    const found: object[] = [];
    for await (const document of workspace.documents(path)) {
      signal.throwIfAborted();
      for (const problem of document.problems) {
        for (const step of problem.steps) {
          if (!(all ? step.low : step.firstLow)) continue;
          const before = step.step.parent === undefined ? undefined : problem.steps[step.step.parent]?.value;
          found.push({
            path: document.path,
            problem: problem.problem.index,
            ...stepFacts(document, problem, step),
            ...(before !== undefined && { valueBefore: before }),
          });
        }
      }
    }
    return pageOf(found, cursor);
  },
};
