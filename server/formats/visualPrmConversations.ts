import { english } from '../l10n.js';
import type { Problem } from '../reasoning/problem.js';
import type { StepValues } from '../reasoning/stepValue.js';
import { firstTurns, turnsOf } from './conversations.js';
import type { JsonFormat } from './format.js';
import type { DocumentString } from './jsonString.js';
import { ProblemDraft } from './problemDraft.js';
import type { RecordReader } from './record.js';
import { questionSlice, type Slice, stepSlice } from './slices.js';

/**
 * VisualPRM400K: each step is a human turn, answered `+` or `-` (already cut at the pipeline's threshold, so `hard`).
 * The first human turn has the question and the first step.
 */
export const visualPrmConversations: JsonFormat = {
  syntax: 'json',
  id: 'visualPrmConversations',
  title: 'VisualPRM400K conversation',
  recognizedBy: '`conversations` with `+` and `-` from `gpt`',
  shown: 'hard labels',
  keys: ['conversations'],
  claims(json, record) {
    const { human, gpt } = firstTurns(json, record);
    if (gpt !== undefined) return json.isString(gpt) && /^\s*[+-]\s*$/.test(json.string(gpt).text);
    return human !== undefined && json.isString(human) && /^#{0,6} ?Solution Process:/m.test(json.string(human).text);
  },
  holds: (json, record) => json.get(record, 'conversations') !== undefined,
  read: readConversation,
};

function readConversation(reader: RecordReader, record: number, index: number): Problem {
  const draft = new ProblemDraft(reader);
  const steps: { slice: Slice; values: StepValues }[] = [];
  let question: Slice | undefined;
  let humans = 0;
  let labels = 0;
  /** Index of the step that still needs its label; -1 when there is none. */
  let waiting = -1;
  for (const turn of turnsOf(reader, record)) {
    if (turn.from === 'human') {
      const source = reader.stringAt(turn.value);
      waiting = -1;
      if (source === undefined) continue;
      const start = humans++ === 0 ? firstStepAt(source) : 0;
      if (humans === 1) question = firstQuestion(source, start);
      waiting = steps.push({ slice: stepSlice(source, start), values: {} }) - 1;
    } else if (turn.from === 'gpt') {
      labels++;
      const value = labelOf(reader, turn.value);
      if (value !== undefined && waiting >= 0) steps[waiting]!.values = { mc: { value, hard: true } };
      waiting = -1;
    }
  }
  const conversations = reader.json.get(record, 'conversations')!;
  if (humans !== labels) {
    reader.countMismatch(reader.json.span(conversations), () =>
      english(
        "The number of human turns ({0}) and of gpt's labels ({1}) differ; each label was given to the step right before it. Each step needs one.",
        humans,
        labels,
      ),
    );
  }
  if (steps.length > 0) draft.addSolution(steps, reader.json.span(conversations));
  return draft.finish(record, index, question);
}

const SOLUTION = /(^|\n)#{0,6} ?Solution Process:/;

/** Where the first step begins in the first human turn; 0 when the turn has no question. */
function firstStepAt(source: DocumentString): number {
  const marker = SOLUTION.exec(source.text);
  return marker === null ? 0 : marker.index + marker[0].length;
}

function firstQuestion(source: DocumentString, stepAt: number): Slice | undefined {
  const marker = SOLUTION.exec(source.text);
  if (stepAt === 0 || marker === null) return undefined;
  const start = /^\s*#{0,6} ?Question:/.exec(source.text)?.[0].length ?? 0;
  return questionSlice(source, start, marker.index);
}

function labelOf(reader: RecordReader, id: number): 0 | 1 | undefined {
  const label = reader.json.isString(id) ? reader.json.string(id).text.trim() : '';
  if (label === '+' || label === '-') return label === '+' ? 1 : 0;
  reader.wrongType(id, english('"+" or "-"'), 'sign');
  return undefined;
}
