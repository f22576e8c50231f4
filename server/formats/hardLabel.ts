import { english } from '../l10n.js';
import { Kind } from './jsonDocument.js';
import type { RecordReader } from './record.js';

/** Reads a label for right (true, 1, "+") or wrong (false, 0, "-"). Anything else is reported and undefined. */
export function hardLabelAt(reader: RecordReader, id: number): 0 | 1 | undefined {
  const { json } = reader;
  if (json.isString(id)) {
    const text = json.string(id).text.trim();
    if (text === '+' || text === '-') return text === '+' ? 1 : 0;
    reader.wrongType(id, english('"+" or "-"'), 'sign');
    return undefined;
  }
  const verdict = json.kind(id) === Kind.null ? undefined : reader.verdictAt(id);
  return verdict === undefined ? undefined : verdict ? 1 : 0;
}
