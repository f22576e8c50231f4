import { english } from '../l10n.js';
import type { Problem } from '../reasoning/problem.js';
import { firstTurns, turnsOf } from './conversations.js';
import type { JsonFormat } from './format.js';
import { labeledSteps } from './prmMarkers.js';
import { ProblemDraft } from './problemDraft.js';
import type { RecordReader } from './record.js';
import { questionSlice } from './slices.js';

/**
 * What MM-PRM's model is trained on (`data_pipeline/prm_data_format.py`): a human turn `Question: ..\nProcess: ..<prm>`, and
 * a gpt turn that is the list of its labels.
 */
export const mmPrmAnnotation: JsonFormat = {
  syntax: 'json',
  id: 'mmPrmAnnotation',
  title: 'MM-PRM annotation',
  recognizedBy: '`conversations` whose `gpt` value is a list of numbers',
  shown: 'steps with their soft labels',
  keys: ['conversations'],
  claims(json, record) {
    const { human, gpt } = firstTurns(json, record);
    if (gpt !== undefined) return json.isArray(gpt);
    return human !== undefined && json.isString(human) && json.string(human).text.includes('<prm>');
  },
  holds: (json, record) => json.get(record, 'conversations') !== undefined,
  read: readAnnotation,
};

function readAnnotation(reader: RecordReader, record: number, index: number): Problem {
  const draft = new ProblemDraft(reader);
  const turns = turnsOf(reader, record).filter((turn) => turn.from !== 'system');
  if (turns.length > 2) {
    reader.countMismatch(reader.json.span(reader.json.get(record, 'conversations')!), () =>
      english('"conversations" has {0} turns; one of human and one of gpt are read. Write one record for each pair.', turns.length),
    );
  }
  const human = turns.find((turn) => turn.from === 'human');
  const gpt = turns.find((turn) => turn.from === 'gpt');
  const source = human && reader.stringAt(human.value);
  if (source === undefined) return draft.finish(record, index, undefined);
  const labels = gpt && reader.listAt(gpt.value);
  const { text } = source;
  const process = /(^|\n)[ \t]*Process:/.exec(text);
  if (process === null) {
    reader.faults.add('missing-key', source.span(), () =>
      english('This turn has no "Process:" between the question and the steps; write it on a line of its own.'),
    );
  }
  const start = /^\s*Question:/.exec(text)?.[0].length ?? 0;
  const question = questionSlice(source, start, process?.index ?? start);
  const steps = labeledSteps(
    reader,
    source,
    process === null ? start : process.index + process[0].length,
    labels ?? [],
    labels && gpt?.value,
  );
  if (steps.length > 0) draft.addSolution(steps, source.span());
  return draft.finish(record, index, process === null ? undefined : question);
}
