import type { Problem } from '../reasoning/problem.js';
import { chatImages, chatMessages, type RecordedMessage, sharedTurns } from './chat.js';
import type { JsonFormat } from './format.js';
import { type JsonDocument, Kind } from './jsonDocument.js';
import { ProblemDraft } from './problemDraft.js';
import type { RecordReader } from './record.js';
import { questionSlice, type Slice } from './slices.js';
import { solutionSlices } from './solutionString.js';
import { type LabeledStep, reportCounts } from './stepLabels.js';

/** Keys of lists that have one number for each turn of the assistant. */
const SCORE_KEYS = ['step_scores', 'scores', 'step_rewards', 'rewards'];
/** Signs that an answer reasons in steps. Without one, a chat of one question and one answer can be about anything. */
const REASONING = /<think>|\bstep\s*1\s*[:.)]|\\boxed|<step>/i;

/**
 * An agent's trace or a model's answer as a chat under `messages`: the user messages before the first answer are the question,
 * each turn of the assistant is a step, together with its tool calls and what the tools returned. A single answer is split like a
 * solution in Markdown.
 */
export const agentTurns: JsonFormat = {
  syntax: 'json',
  id: 'agentTurns',
  title: 'agent trace or chat (messages)',
  recognizedBy: '`messages` or `conversations` with several `assistant` turns, tool calls, or one answer in steps',
  shown: 'a turn as a step, with its tool calls and results',
  keys: ['messages', 'conversations'],
  claims(json, record) {
    const messages = messagesOf(json, record);
    const answers = messages.filter((message) => message.role === 'assistant');
    if (answers.length === 0 || !messages.some((message) => message.role === 'user')) return false;
    if (messages.some((message) => message.role === 'tool' || json.get(message.object, 'tool_calls') !== undefined)) return true;
    const isReasoning = answers.some(({ texts }) => texts.some((text) => REASONING.test(text.text)));
    // `conversations` is used for chats of any kind, so several answers there are not enough.
    return isReasoning || (answers.length > 1 && json.get(record, 'messages') !== undefined);
  },
  holds: (json, record) => listOf(json, record) !== undefined,
  read: readRecord,
};

function listOf(json: JsonDocument, record: number): number | undefined {
  return json.get(record, 'messages') ?? json.get(record, 'conversations');
}

function messagesOf(json: JsonDocument, record: number): RecordedMessage[] {
  const list = listOf(json, record);
  const messages = chatMessages(json, list);
  return messages.length > 0 ? messages : sharedTurns(json, list);
}

function readRecord(reader: RecordReader, record: number, index: number): Problem {
  const { json } = reader;
  const draft = new ProblemDraft(reader);
  const list = reader.value(record, 'messages') ?? reader.value(record, 'conversations');
  const messages = messagesOf(json, record);
  const first = messages.findIndex((message) => message.role === 'assistant');
  const asked = messages.slice(0, Math.max(first, 0)).findLast((message) => message.role === 'user');
  const question = asked?.texts.at(-1);
  const turns = turnsOf(first < 0 ? [] : messages.slice(first));
  const answer = turns.length === 1 && turns[0]!.length === 1 ? turns[0]![0]!.texts[0] : undefined;
  const steps: LabeledStep[] =
    answer === undefined
      ? turns.map((turn) => ({ slice: turnSlice(json, turn), values: {} })).filter((step) => step.slice.text !== '')
      : solutionSlices(answer).map((slice) => ({ slice, values: {} }));
  addScores(reader, record, steps);
  if (list !== undefined && steps.length > 0) draft.addSolution(steps, json.span(list));
  const images = messages.flatMap((message) => chatImages(json, message));
  const problem = draft.finish(record, index, question && questionSlice(question));
  return images.length === 0 ? problem : { ...problem, images: [...new Set([...problem.images, ...images])] };
}

/** Groups messages into turns. What a tool returns belongs to the turn that called it. */
function turnsOf(messages: readonly RecordedMessage[]): RecordedMessage[][] {
  const turns: RecordedMessage[][] = [];
  for (const message of messages) {
    const isResult = message.role === 'tool' || message.role === 'function';
    if (isResult && turns.length > 0) turns.at(-1)!.push(message);
    else turns.push([message]);
  }
  return turns;
}

/** The text of a turn: its messages, tool calls as `name(arguments)`, and results. Its range covers all of them. */
function turnSlice(json: JsonDocument, turn: readonly RecordedMessage[]): Slice {
  const parts = turn.flatMap((message) => [
    ...message.texts.map((text): Slice => ({ text: text.text.trim(), span: text.span() })),
    ...callSlices(json, json.get(message.object, 'tool_calls')),
  ]);
  return joinSlices(
    parts.filter((part) => part.text !== ''),
    json.span(turn[0]!.object),
  );
}

/** Joins the parts of one step. Without parts, the result is an empty text at the start of `empty`. */
export function joinSlices(parts: readonly Slice[], empty: Slice['span']): Slice {
  if (parts.length === 0) return { text: '', span: { start: empty.start, end: empty.start } };
  return {
    text: parts.map((part) => part.text).join('\n\n'),
    span: {
      start: parts.reduce((first, { span }) => Math.min(first, span.start), Number.POSITIVE_INFINITY),
      end: parts.reduce((last, { span }) => Math.max(last, span.end), 0),
    },
  };
}

/** Tool calls, in OpenAI's form `{function: {name, arguments}}` or ATIF's `{function_name, arguments}`. */
export function callSlices(json: JsonDocument, calls: number | undefined): Slice[] {
  if (calls === undefined || !json.isArray(calls)) return [];
  return json.items(calls).flatMap((call): Slice[] => {
    const inner = json.get(call, 'function') ?? call;
    const name = json.get(inner, 'name') ?? json.get(inner, 'function_name');
    if (name === undefined || !json.isString(name)) return [];
    const given = json.get(inner, 'arguments');
    const span = given === undefined ? json.span(name) : json.span(given);
    const written = given === undefined ? '' : json.isString(given) ? json.string(given).text : json.text.slice(span.start, span.end);
    return [
      {
        text: `${json.string(name).text}(${written})`,
        span: { start: Math.min(json.span(name).start, span.start), end: Math.max(json.span(name).end, span.end) },
      },
    ];
  });
}

function addScores(reader: RecordReader, record: number, steps: readonly LabeledStep[]): void {
  for (const key of SCORE_KEYS) {
    const list = reader.json.get(record, key);
    const scores = list === undefined || !reader.json.isArray(list) ? [] : reader.json.items(list);
    if (list === undefined || scores.length === 0 || !scores.every((id) => [Kind.number, Kind.null].includes(reader.json.kind(id) as 5)))
      continue;
    if (scores.length !== steps.length) reportCounts(reader, reader.json.span(list), key, scores.length, steps.length);
    steps.forEach((step, at) => {
      const recordedPrm = scores[at] === undefined ? undefined : reader.scoreAt(scores[at]);
      if (recordedPrm !== undefined) step.values = { recordedPrm };
    });
    return;
  }
}
