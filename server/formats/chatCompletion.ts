import type { Problem } from '../reasoning/problem.js';
import { chatImages, chatMessages, contentTexts, type RecordedMessage } from './chat.js';
import type { JsonFormat } from './format.js';
import type { JsonDocument } from './jsonDocument.js';
import type { DocumentString } from './jsonString.js';
import { ProblemDraft } from './problemDraft.js';
import type { RecordReader } from './record.js';
import { questionSlice } from './slices.js';
import { solutionSlices } from './solutionString.js';
import type { LabeledStep } from './stepLabels.js';

/** Key paths, from the record down, to the server's reply and to the messages that were sent. */
const REPLIES = [[], ['response'], ['response', 'body'], ['body'], ['output'], ['completion'], ['result']] as const;
const REQUESTS = [[], ['request'], ['request', 'body'], ['input'], ['body'], ['prompt']] as const;
/** Signs that an answer reasons. Without one, an answer of one paragraph can be about anything. */
const REASONING = /<think>|\bstep\s*1\s*[:.)]|\\boxed|<step>/i;

/**
 * Replies of OpenAI's API and of compatible servers (vLLM, SGLang, llama.cpp): `choices` with a `message` or, from the
 * older endpoint, a `text`. They may be alone, beside their request, or lines of OpenAI's batch output (`custom_id`,
 * `response.body`). Each choice is a candidate.
 */
export const chatCompletion: JsonFormat = {
  syntax: 'json',
  id: 'chatCompletion',
  title: 'chat completion (OpenAI API)',
  recognizedBy: '`choices` with `message` or `text`; `custom_id` with `response.body`',
  shown: 'a choice as a candidate; its reasoning and its answer in steps',
  keys: ['choices'],
  claims: (json, record) =>
    choicesOf(json, record).some((choice) => {
      const texts = choiceTexts(json, choice);
      return texts.some((text) => REASONING.test(text.text)) || texts.flatMap((text) => solutionSlices(text)).length > 1;
    }),
  holds: (json, record) =>
    choicesOf(json, record).length > 0 || (json.get(record, 'custom_id') !== undefined && json.get(record, 'response') !== undefined),
  read: readRecord,
};

function readRecord(reader: RecordReader, record: number, index: number): Problem {
  const { json } = reader;
  const draft = new ProblemDraft(reader);
  for (const choice of choicesOf(json, record)) {
    const texts = choiceTexts(json, choice);
    const steps = texts.flatMap((text) => solutionSlices(text)).map((slice): LabeledStep => ({ slice, values: {} }));
    if (steps.length > 0 || texts.length > 0) draft.addSolution(steps, json.span(choice));
  }
  const messages = requestMessages(json, record);
  const asked = messages.findLast((message) => message.role === 'user');
  const text = asked?.texts.at(-1) ?? promptOf(json, record);
  const images = messages.flatMap((message) => chatImages(json, message));
  const id = reader.text(record, 'custom_id');
  const problem = draft.finish(record, index, text && questionSlice(text));
  return {
    ...problem,
    ...(id !== undefined && { id }),
    ...(images.length > 0 && { images: [...new Set([...problem.images, ...images])] }),
  };
}

/** The choices of the reply that are objects with a message or a text. */
function choicesOf(json: JsonDocument, record: number): number[] {
  for (const path of REPLIES) {
    const list = valueAt(json, record, [...path, 'choices']);
    if (list === undefined || !json.isArray(list)) continue;
    return json
      .items(list)
      .filter((choice) => json.isObject(choice) && ['message', 'text'].some((key) => json.get(choice, key) !== undefined));
  }
  return [];
}

/** The texts of a choice: its reasoning, where the server keeps that separate, and its content. */
function choiceTexts(json: JsonDocument, choice: number): DocumentString[] {
  const message = json.get(choice, 'message');
  if (message === undefined || !json.isObject(message)) return contentTexts(json, json.get(choice, 'text'));
  const reasoning = json.get(message, 'reasoning_content') ?? json.get(message, 'reasoning');
  return [...contentTexts(json, reasoning), ...contentTexts(json, json.get(message, 'content'))].filter((text) => text.text.trim() !== '');
}

function requestMessages(json: JsonDocument, record: number): RecordedMessage[] {
  for (const path of REQUESTS) {
    const messages = chatMessages(json, valueAt(json, record, [...path, 'messages']));
    if (messages.length > 0) return messages;
  }
  // {"prompt": [{"role": "user", …}]}
  return chatMessages(json, json.get(record, 'prompt') ?? json.get(record, 'input'));
}

function promptOf(json: JsonDocument, record: number): DocumentString | undefined {
  for (const path of [['prompt'], ['request', 'prompt'], ['request', 'body', 'prompt'], ['question'], ['problem'], ['input']]) {
    const id = valueAt(json, record, path);
    if (id !== undefined && json.isString(id)) return json.string(id);
  }
  return undefined;
}

function valueAt(json: JsonDocument, record: number, path: readonly string[]): number | undefined {
  let id: number | undefined = record;
  for (const key of path) {
    if (id === undefined || !json.isObject(id)) return undefined;
    id = json.get(id, key);
  }
  return id;
}
