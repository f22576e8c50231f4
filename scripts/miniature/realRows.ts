import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readDocument } from '../../server/formats/registry.js';
import { itemAt } from '../../server/reasoning/present.js';
import type { ForeignRow } from './foreignRows.js';

/** Keys of the question in data sets of reasoning. All other texts of a record count as steps, one per line. */
const questionKeys = /^(question|problem|prompt|query|input|instruction|original_question)$/i;

/**
 * The rows of all files below a folder, whatever their format: read as StepLens does, or by the keys of their records. Files below `cases`
 * are left out: they are small inputs for tests, some of them made from generated problems.
 */
export function realRows(folder: string): ForeignRow[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(jsonl?|md|txt)$/.test(file) && !/^cases[\\/]/.test(file))
    .sort()
    .flatMap((file) => {
      const text = readFileSync(join(folder, file), 'utf8');
      const kind = itemAt(file.split(/[\\/]/), 0);
      const read = readDocument(text)?.problems.map(({ question, steps }) => ({ kind, question, steps: steps.map((step) => step.text) }));
      return read ?? records(text).flatMap((record) => recordRow(kind, record));
    })
    .filter(({ steps }) => steps.length > 0);
}

/** A file's JSON values: the whole file, or one per line. Empty if it is not JSON. */
function records(text: string): unknown[] {
  const parse = (part: string): unknown => {
    try {
      return JSON.parse(part);
    } catch {
      return undefined;
    }
  };
  const whole = parse(text);
  if (whole !== undefined) return Array.isArray(whole) ? (whole as unknown[]) : [whole];
  return text.split('\n').flatMap((line) => parse(line) ?? []);
}

function recordRow(kind: string, record: unknown): ForeignRow[] {
  const found = { question: '', steps: [] as string[] };
  const open: [key: string, value: unknown][] = [['', record]];
  for (let next = open.pop(); next; next = open.pop()) {
    const [key, value] = next;
    if (typeof value === 'object' && value !== null) {
      const entries: [string, unknown][] = Array.isArray(value)
        ? value.map((item): [string, unknown] => [key, item])
        : Object.entries(value);
      open.push(...entries.reverse());
    } else if (typeof value === 'string') {
      if (questionKeys.test(key) && found.question === '') found.question = value;
      else found.steps.push(...value.split('\n').filter((line) => line.trim() !== ''));
    }
  }
  return found.steps.length > 0 ? [{ kind, ...found }] : [];
}
