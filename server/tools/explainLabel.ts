import { logOf } from '../editor/labeler.js';
import { explainTraining } from '../editor/trainingService.js';
import { readEventLog } from '../labeling/eventLog.js';
import type { RolloutsEvent } from '../labeling/runEvents.js';
import { matchLog } from '../language/replay.js';
import type { ScoredProblem, ScoredStep } from '../language/scoredDocument.js';
import { describeHuman, describeRollouts, sourceNames } from '../language/valueText.js';
import { count, object, optional, text } from '../protocol/shape.js';
import { finalAnswer } from '../reasoning/finalAnswer.js';
import { groupRollouts } from '../reasoning/treeStatistics.js';
import { wilsonInterval } from '../reasoning/wilson.js';
import { pageOf, shortened } from './page.js';
import { stepFacts } from './stepFacts.js';
import { argsOf, cursorSchema, pathSchema, problemSchema, type Tool, ToolError } from './tool.js';
import type { WorkspaceDocument } from './workspace.js';

const shape = object({ path: text, problem: count, step: optional(count), node: optional(count), cursor: optional(text) });

export const explainLabel: Tool = {
  name: 'explain_label',
  title: 'Explain a label',
  description:
    'Why a step (or tree node) has its label, and whether its path is in the training set: the value that decides and its source, right and wrong rollouts with a 95 % interval and their final answers, what the event log of the run says, and for every training-data format whether the path is in the set and which rule left it out. The rollouts are paged.',
  inputSchema: {
    type: 'object',
    properties: {
      path: pathSchema,
      problem: problemSchema,
      step: { type: 'integer', minimum: 0, description: '`step` as the other tools give it.' },
      node: { type: 'integer', minimum: 0, description: 'Instead of a step: a node of the search tree, 0 = the problem.' },
      cursor: cursorSchema,
    },
    required: ['path', 'problem'],
  },
  async run(args, { workspace }) {
    const { path, problem: index, step: wanted, node: wantedNode, cursor } = argsOf(shape, args);
    const { document, problem } = await workspace.problem(path, index);
    const { tree } = problem.problem;
    if (wanted === undefined && wantedNode === undefined) throw new ToolError('Name a step, or a node of the search tree.');
    const nodeId = wantedNode ?? (wanted === undefined ? undefined : problem.steps[wanted]?.step.node);
    const node = nodeId === undefined ? undefined : tree?.nodes[nodeId];
    if (wantedNode !== undefined && !node)
      throw new ToolError(`There is no node ${wantedNode} in this problem${tree ? '' : ', which has no search tree'}.`);
    const step = problem.steps[wanted ?? node?.steps.at(-1) ?? -1];
    if (wanted !== undefined && !step) throw new ToolError(`There is no step ${wanted}: the problem has ${problem.steps.length}.`);
    const rollouts = node?.rollouts ?? [];
    const answered = rollouts.map(({ correct, steps }) => ({ correct, steps, answer: finalAnswer(steps.at(-1) ?? '') }));
    return {
      path: document.path,
      problem: index,
      ...(step && stepFacts(document, problem, step)),
      ...(node && { node: node.id, depth: node.depth, ...(node.visits !== undefined && { timesSelected: node.visits }) }),
      why: reasons(document, problem, step),
      evidence: evidence(step, node?.mc),
      rolloutsKept: {
        right: rollouts.filter(({ correct }) => correct).length,
        wrong: rollouts.filter(({ correct }) => !correct).length,
        byAnswer: groupRollouts(answered).slice(0, 12),
      },
      log: await logFacts(document, problem, nodeId),
      trainingSet: explainTraining(document.reasoning.problems, index, {
        ...(tree && nodeId !== undefined && { node: nodeId }),
        ...(!tree && step && { step: step.step.index }),
        seed: 0,
        thresholds: {},
      }).map(({ title, included, why, threshold }) => ({ format: title, isIncluded: included, why, threshold })),
      rollouts: pageOf(
        answered.map(({ correct, steps, answer }) => ({
          isRight: correct,
          ...(answer !== undefined && { answer }),
          text: shortened(steps.join('\n'), 600),
        })),
        cursor,
        5,
      ),
    };
  },
};

/** Explains the label in sentences. */
function reasons({ threshold }: WorkspaceDocument, problem: ScoredProblem, step: ScoredStep | undefined): string[] {
  if (!step) return ['This is the problem itself: its value is the share of all solutions that are right.'];
  const { value, source, low, firstLow, values } = step;
  if (value === undefined || source === undefined)
    return ['No value is known for this step: nothing was sampled from here and nobody scored it.'];
  const name = sourceNames[source];
  const said =
    source === 'human' && values.human !== undefined
      ? `A person labeled it ${describeHuman(values.human)}.`
      : `Its value is ${value.toFixed(3)} (${name}).`;
  const parent = step.step.parent === undefined ? undefined : problem.steps[step.step.parent];
  const before = parent?.value === undefined ? [] : [`The step before it has ${parent.value.toFixed(3)}.`];
  const rests = source === 'mc' && values.mc ? describeRollouts(values.mc) : '';
  return [
    said,
    low
      ? `It is labeled wrong because that is below the threshold ${threshold}.`
      : `It is labeled right because that is not below the threshold ${threshold}.`,
    ...(low
      ? [
          firstLow
            ? 'It is the first low step of its path: the likely error.'
            : 'A step before it is low already, so this may be a consequence.',
        ]
      : []),
    ...before,
    ...(rests === '' ? [] : [`The value rests on this: ${rests}.`]),
  ];
}

function evidence(step: ScoredStep | undefined, own: ScoredStep['values']['mc']): object {
  const values = step?.values ?? {};
  const mc = values.mc ?? own;
  const interval = mc?.correct !== undefined && mc.total !== undefined ? wilsonInterval(mc.correct, mc.total) : undefined;
  return { ...values, ...(mc && { mc }), ...(interval && { interval95: interval }) };
}

/** Returns a node's batches of rollouts with verdicts and methods, from the log beside the file; null without log. */
async function logFacts(document: WorkspaceDocument, problem: ScoredProblem, node: number | undefined): Promise<object | null> {
  const { recorded } = await readEventLog(logOf(document.uri));
  const events = recorded.map(({ event }) => event);
  const found = node === undefined || events.length === 0 ? null : matchLog(events, problem.problem);
  const logged = found?.order[node ?? -1];
  if (logged === undefined) return null;
  const batches = events.filter((event): event is RolloutsEvent => event.event === 'rollouts' && event.node === logged);
  return {
    nodeInLog: logged,
    batches: batches.slice(0, 5).map(({ seed, at, rollouts }) => ({
      seed,
      ...(at !== undefined && { at: new Date(at).toISOString() }),
      rollouts: rollouts.map((one) =>
        'failure' in one
          ? { failure: one.failure }
          : { verdict: one.verdict, method: one.method, answer: one.answer ?? null, finish: one.finish },
      ),
    })),
  };
}
