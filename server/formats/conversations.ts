import { english } from '../l10n.js';
import { type JsonDocument, Kind } from './jsonDocument.js';
import type { RecordReader } from './record.js';

/** One turn of `conversations: [{from, value}]`, as InternVL's training data writes them. */
export interface Turn {
  /** `system`, `human` or `gpt`. */
  readonly from: string;
  /** Id of the turn's value. */
  readonly value: number;
}

/** The turns of a record that have a speaker and a value; anything else in the list is reported. */
export function turnsOf(reader: RecordReader, record: number): Turn[] {
  const turns: Turn[] = [];
  for (const item of reader.list(record, 'conversations') ?? []) {
    if (!reader.json.isObject(item)) {
      reader.wrongType(item, english('an object'));
      continue;
    }
    const from = reader.string(item, 'from');
    const value = reader.value(item, 'value');
    if (from === undefined && reader.json.get(item, 'from') === undefined) reader.missingKey(item, 'from');
    if (value === undefined && reader.json.get(item, 'value') === undefined) reader.missingKey(item, 'value');
    if (from !== undefined && value !== undefined) turns.push({ from: from.text, value });
  }
  return turns;
}

/** The values of the first `human` and the first `gpt` turn, as far as present. Used to recognize a record. */
export function firstTurns(json: JsonDocument, record: number): { readonly human?: number; readonly gpt?: number } {
  const conversations = json.get(record, 'conversations');
  const found: { human?: number; gpt?: number } = {};
  for (const item of conversations === undefined ? [] : json.items(conversations).slice(0, 4)) {
    const from = json.get(item, 'from');
    const value = json.get(item, 'value');
    if (from === undefined || value === undefined) continue;
    // The turn was cut off before its text.
    if (json.kind(value) === Kind.invalid || (json.isString(value) && json.string(value).text === '')) continue;
    const who = json.string(from).text;
    if (who === 'human') found.human ??= value;
    else if (who === 'gpt') found.gpt ??= value;
  }
  return found;
}
