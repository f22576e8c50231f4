import type { Problem } from '../reasoning/problem.js';
import { chatMessages } from './chat.js';
import type { JsonFormat } from './format.js';
import { ProblemDraft } from './problemDraft.js';
import type { RecordReader } from './record.js';
import { questionSlice, splitSlices } from './slices.js';
import { addHardLabels } from './trl.js';

const TAG = /<extra_0>/g;

/**
 * Training data in the chat of Qwen2.5-Math-PRM: the assistant's turn has `<extra_0>` at the end of each step, and
 * `labels` has one label per step. StepLens's Qwen export is read back.
 */
export const qwenMessages: JsonFormat = {
  syntax: 'json',
  id: 'qwenMessages',
  title: 'Qwen2.5-Math-PRM chat',
  recognizedBy: '`messages` with `<extra_0>`',
  shown: 'hard labels',
  keys: ['messages'],
  claims: (json, record) =>
    chatMessages(json, json.get(record, 'messages')).some(
      (message) => message.role === 'assistant' && message.texts.some((text) => text.text.includes('<extra_0>')),
    ),
  holds: (json, record) => json.get(record, 'messages') !== undefined,
  read: readRecord,
};

function readRecord(reader: RecordReader, record: number, index: number): Problem {
  const draft = new ProblemDraft(reader);
  const messages = chatMessages(reader.json, reader.value(record, 'messages'));
  const question = messages.find((message) => message.role === 'user')?.texts.at(-1);
  const answer = messages.findLast((message) => message.role === 'assistant')?.texts[0];
  const steps = answer === undefined ? [] : splitSlices(answer, TAG).map((slice) => ({ slice, values: {} }));
  if (reader.json.get(record, 'labels') !== undefined) addHardLabels(reader, record, 'labels', steps);
  if (answer !== undefined && steps.length > 0) draft.addSolution(steps, answer.span());
  return draft.finish(record, index, question && questionSlice(question));
}
