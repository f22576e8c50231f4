import { english } from '../l10n.js';
import type { Problem } from '../reasoning/problem.js';
import type { StepValues } from '../reasoning/stepValue.js';
import type { JsonFormat } from './format.js';
import { Kind } from './jsonDocument.js';
import { imagesOf, ProblemDraft } from './problemDraft.js';
import type { RecordReader } from './record.js';
import { questionSlice, stepSlice } from './slices.js';
import { TreeDraft } from './treeDraft.js';

/**
 * PRM800K (openai/prm800k, arXiv 2305.20050). At each step people rated several completions (-1, 0, 1) and chose one,
 * or wrote their own (`human_completion`); the next step continues the chosen one. The alternatives are a tree. If the
 * last step has no choice (`found_error`), its first completion is on the main path.
 */
export const prm800k: JsonFormat = {
  syntax: 'json',
  id: 'prm800k',
  title: 'PRM800K',
  recognizedBy: '`label.steps` with `completions`, `question.problem`',
  shown: 'human labels; the alternatives of each step as a tree',
  keys: ['labeler', 'finish_reason', 'is_quality_control_question', 'completions'],
  claims(json, record) {
    const label = json.get(record, 'label');
    const steps = label === undefined ? undefined : json.get(label, 'steps');
    if (steps === undefined || !json.isArray(steps)) return false;
    const [first] = json.items(steps);
    return first === undefined ? json.get(record, 'question') !== undefined : json.get(first, 'completions') !== undefined;
  },
  holds: (json, record) => json.get(record, 'label') !== undefined,
  read: readRecord,
};

function readRecord(reader: RecordReader, record: number, index: number): Problem {
  const { json } = reader;
  const draft = new ProblemDraft(reader);
  const tree = new TreeDraft(draft);
  let parent = tree.add(undefined, [], { span: json.span(record) });
  const label = reader.value(record, 'label');
  const steps = label === undefined || !json.isObject(label) ? [] : (reader.list(label, 'steps') ?? []);
  for (const step of steps) {
    if (!json.isObject(step)) {
      reader.wrongType(step, english('an object'));
      continue;
    }
    const completions = (reader.list(step, 'completions') ?? []).map((completion) => addCompletion(reader, tree, parent, completion));
    const human = reader.value(step, 'human_completion');
    const written = human === undefined ? undefined : addCompletion(reader, tree, parent, human);
    const chosen = reader.value(step, 'chosen_completion');
    const position = chosen === undefined ? undefined : reader.wholeNumberAt(chosen, 0, completions.length - 1);
    // A step without any completion ends a solution that was given up.
    parent = (position === undefined ? (written ?? completions[0]) : completions[position]) ?? parent;
  }
  tree.addSolutions(() => undefined);
  const question = reader.value(record, 'question');
  const text =
    question === undefined ? undefined : json.isObject(question) ? reader.string(question, 'problem') : reader.stringAt(question);
  const answer = question === undefined || !json.isObject(question) ? undefined : reader.text(question, 'ground_truth_answer');
  const problem = draft.finish(record, index, text && questionSlice(text), { nodes: tree.nodes });
  // PRM800K has no images; an export by StepLens writes those of a problem into its question.
  const images = question === undefined || !json.isObject(question) ? [] : imagesOf(reader, question);
  return { ...problem, ...(answer !== undefined && { answer }), ...(images.length > 0 && { images }) };
}

/** Adds a rated completion as a node; a string is a completion without rating. */
function addCompletion(reader: RecordReader, tree: TreeDraft, parent: number, completion: number): number | undefined {
  const { json } = reader;
  const text = json.isObject(completion) ? reader.string(completion, 'text') : reader.stringAt(completion);
  if (text === undefined) return undefined;
  const rating = json.isObject(completion) ? json.get(completion, 'rating') : undefined;
  const isRated = rating !== undefined && json.kind(rating) !== Kind.null;
  const human = isRated ? (reader.wholeNumberAt(rating, -1, 1) as -1 | 0 | 1 | undefined) : undefined;
  const values: StepValues = human === undefined ? {} : { human };
  return tree.add(parent, [stepSlice(text)], { span: json.span(completion), values });
}
