import { FaultList } from './faults.js';
import { readJson } from './json.js';
import { candidateRecords } from './records.js';

const SHOWN_KEYS = 12;

/** Says of a text that no format claims what was looked for, and what is in it: the rest of "no format is recognized in it". */
export function describeUnrecognized(text: string): string {
  const keys = keysOf(text.slice(0, 65_536));
  const looked =
    'StepLens looks for a question ("question", "problem", "prompt", …) with "steps", "solution" or "response", for the keys of the formats in docs/formats.md';
  if (keys.length === 0) return `${looked}, or for a text with "Question:", "Step 1:", <step> or <think>`;
  const names = keys.slice(0, SHOWN_KEYS).map((key) => `"${key}"`);
  const shown = `${names.join(', ')}${keys.length > SHOWN_KEYS ? ', …' : ''}`;
  return `its first record has the keys ${shown}; ${looked}. Map other keys in a steplens.json beside the file`;
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
