import { english } from '../l10n.js';
import { FaultList } from './faults.js';
import { readJson } from './json.js';
import { candidateRecords } from './records.js';

const SHOWN_KEYS = 12;

/** Describes what a text has and what was looked for, as the rest of the message "no format is recognized in it". */
export function describeUnrecognized(text: string): string {
  const keys = keysOf(text.slice(0, 65_536));
  const looked = english(
    'StepLens looks for a question ("question", "problem", "prompt", …) with "steps", "solution" or "response", for the keys of the formats in docs/formats.md',
  );
  if (keys.length === 0) return english('{0}, or for a text with "Question:", "Step 1:", <step> or <think>', looked);
  const names = keys.slice(0, SHOWN_KEYS).map((key) => `"${key}"`);
  const shown = `${names.join(', ')}${keys.length > SHOWN_KEYS ? ', …' : ''}`;
  return english('its first record has the keys {0}; {1}. Map other keys in a steplens.json beside the file', shown, looked);
}

/** The keys of the first object. */
export function keysOf(head: string): string[] {
  const json = readJson(head, new FaultList());
  for (const candidates of candidateRecords(json)) {
    const first = candidates.find(({ id }) => json.isObject(id));
    if (first !== undefined) return json.entries(first.id).map(([key]) => key);
  }
  return [];
}

/** Names that occur in data about reasoning; one of them alone can be anything. */
const REASONING_NAMES =
  /^(?:.*steps?|trace|trajectory|thoughts?|rationales?|reasoning|cot|chain_of_thought|solutions?|completions?|responses?|rollouts?|labels?|rewards?|scores?|ratings?|questions?|problems?|prompts?|query|answers?|gold|ground_truth)$/i;

/** Whether the keys of a JSON text that no format claims look like data about reasoning, so that mapping them is worth offering. */
export function looksLikeReasoning(head: string): boolean {
  return keysOf(head).filter((key) => REASONING_NAMES.test(key)).length >= 2;
}

/** A key of a record, or a path of two keys, with the beginning of its value. */
export interface RecordField {
  readonly path: string;
  readonly sample: string;
  readonly isList: boolean;
}

/** The fields of the first record, from which a person can choose. */
export function fieldsOf(head: string): RecordField[] {
  const json = readJson(head, new FaultList());
  for (const candidates of candidateRecords(json)) {
    const first = candidates.find(({ id }) => json.isObject(id));
    if (first === undefined) continue;
    return json.entries(first.id).flatMap(([key, value]): RecordField[] => {
      const inner = json.isObject(value) ? json.entries(value).map(([name, id]): [string, number] => [`${key}.${name}`, id]) : [];
      return [[key, value] as [string, number], ...inner].map(([path, id]) => {
        const { start, end } = json.span(id);
        return { path, sample: json.text.slice(start, Math.min(end, start + 200)).replace(/\s+/g, ' '), isList: json.isArray(id) };
      });
    });
  }
  return [];
}
