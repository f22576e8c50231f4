import { english } from '../l10n.js';
import type { Problem } from '../reasoning/problem.js';
import { chatImages, chatMessages, type RecordedMessage } from './chat.js';
import type { JsonFormat } from './format.js';
import type { JsonDocument } from './jsonDocument.js';
import { ProblemDraft } from './problemDraft.js';
import { questionEnd } from './questionEnd.js';
import type { RecordReader } from './record.js';
import { type Slice, stepSlice } from './slices.js';
import type { LabeledStep } from './stepLabels.js';

/**
 * A chat in which each user turn is a step and each assistant turn is its label, `+` or `-`: RLHFlow's training data
 * (RLHFlow/RLHF-Reward-Modeling, `math-rm`, under `conversations`) and VL-PRM300K (arXiv 2509.23250, under `messages`, with an
 * image). The first user turn has the question and the first step.
 */
export const labelTurns: JsonFormat = {
  syntax: 'json',
  id: 'labelTurns',
  title: 'RLHFlow or VL-PRM300K conversation',
  recognizedBy: '`conversations` or `messages` with `role`, whose assistant turns are `+` or `-`',
  shown: 'hard labels',
  keys: ['conversations', 'messages'],
  claims(json, record) {
    const assistant = turnsOf(json, record).find((turn) => turn.role === 'assistant');
    return assistant !== undefined && labelOf(assistant) !== undefined;
  },
  holds: (json, record) => listOf(json, record) !== undefined,
  read: readRecord,
};

function listOf(json: JsonDocument, record: number): number | undefined {
  return json.get(record, 'conversations') ?? json.get(record, 'messages');
}

function turnsOf(json: JsonDocument, record: number): RecordedMessage[] {
  return chatMessages(json, listOf(json, record));
}

function labelOf(turn: RecordedMessage): 0 | 1 | undefined {
  const text = turn.texts[0]?.text.trim();
  return text === '+' ? 1 : text === '-' ? 0 : undefined;
}

function readRecord(reader: RecordReader, record: number, index: number): Problem {
  const { json } = reader;
  const draft = new ProblemDraft(reader);
  const steps: LabeledStep[] = [];
  const images: string[] = [];
  let question: Slice | undefined;
  let users = 0;
  let labels = 0;
  let waiting = false;
  for (const turn of turnsOf(json, record)) {
    const text = turn.texts.at(-1);
    if (turn.role === 'user') {
      for (const image of chatImages(json, turn)) images.push(image);
      if (text === undefined) continue;
      const found = users++ === 0 ? questionEnd(text) : { stepsAt: 0 };
      if (users === 1) question = found.question;
      steps.push({ slice: stepSlice(text, found.stepsAt), values: {} });
      waiting = true;
    } else if (turn.role === 'assistant') {
      labels++;
      const value = labelOf(turn);
      if (value === undefined && text !== undefined)
        reader.faults.add('wrong-type', text.span(), () => english('This label is neither "+" nor "-"; its step has no label.'), 'sign');
      if (value !== undefined && waiting) steps.at(-1)!.values = { mc: { value, hard: true } };
      waiting = false;
    }
  }
  const list = listOf(json, record)!;
  if (users !== labels) {
    reader.countMismatch(json.span(list), () =>
      english(
        'The number of user turns ({0}) and of labels ({1}) differ; each label was given to the step right before it. Each step needs one label.',
        users,
        labels,
      ),
    );
  }
  if (steps.length > 0) draft.addSolution(steps, json.span(list));
  const problem = draft.finish(record, index, question);
  return images.length === 0 ? problem : { ...problem, images: [...new Set([...problem.images, ...images])] };
}
