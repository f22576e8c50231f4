import type { Problem } from '../reasoning/problem.js';
import type { JsonFormat } from './format.js';
import type { DocumentString } from './jsonString.js';
import { ProblemDraft } from './problemDraft.js';
import type { RecordReader } from './record.js';
import { questionSlice, splitSlices } from './slices.js';

/**
 * Training data of rStar-Math (microsoft/rStar, branch rStar-math, `train`): `query` and a `response` of steps that end in
 * `<end_of_step>`; or `prompt` with a right (`pos`) and a wrong (`neg`) response.
 */
export const rStarMathData: JsonFormat = {
  syntax: 'json',
  id: 'rStarMathData',
  title: 'rStar-Math training data',
  recognizedBy: '`query`, `response` with `<end_of_step>`; `prompt`, `pos`, `neg`',
  shown: 'steps; a right and a wrong candidate',
  keys: ['response', 'pos'],
  claims(json, record) {
    if (['prompt', 'pos', 'neg'].every((key) => json.get(record, key) !== undefined)) return true;
    const response = json.get(record, 'response');
    return (
      json.get(record, 'query') !== undefined &&
      response !== undefined &&
      json.isString(response) &&
      json.string(response).text.includes('<end_of_step>')
    );
  },
  holds: (json, record) =>
    json.get(record, 'response') !== undefined || json.get(record, 'pos') !== undefined || json.get(record, 'neg') !== undefined,
  read: readRecord,
};

function readRecord(reader: RecordReader, record: number, index: number): Problem {
  const draft = new ProblemDraft(reader);
  const add = (key: string, correct?: boolean): void => {
    const id = reader.value(record, key);
    const texts = id === undefined ? [] : reader.json.isArray(id) ? reader.stringsAt(id)! : [reader.stringAt(id)];
    for (const text of texts) if (text !== undefined) draft.addSolution(stepsOf(text), text.span(), correct);
  };
  add('response');
  add('pos', true);
  add('neg', false);
  const prompt = reader.string(record, 'query') ?? reader.string(record, 'prompt');
  const tag = prompt === undefined ? 0 : (/^\s*<\|user\|>:?\s*/.exec(prompt.text)?.[0].length ?? 0);
  return draft.finish(record, index, prompt && questionSlice(prompt, tag));
}

function stepsOf(text: DocumentString): { slice: ReturnType<typeof splitSlices>[number]; values: object }[] {
  const tag = /^\s*<\|assistant\|>:?\s*/.exec(text.text)?.[0].length ?? 0;
  return splitSlices(text, /<end_of_(?:step|code|output|answer)>/g, tag).map((slice) => ({ slice, values: {} }));
}
