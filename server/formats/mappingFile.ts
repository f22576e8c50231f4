import { english } from '../l10n.js';
import { FaultList } from './faults.js';
import type { JsonFormat } from './format.js';
import { readJson } from './json.js';
import type { JsonDocument } from './jsonDocument.js';
import { type LabelKind, type Mapping, readMapped, valueAt } from './mapping.js';

/** The file beside the data that maps the keys of its records (media/schemas/mapping.schema.json). */
export const MAPPING_FILE = 'steplens.json';

export interface FileMapping {
  /** Names of files, with `*`; undefined = every file of the folder. */
  readonly files: string | undefined;
  readonly mapping: Mapping;
}

const KEYS = ['question', 'steps', 'solutions', 'labels', 'correct', 'answer', 'id', 'image'] as const;
const KINDS: readonly LabelKind[] = ['human', 'mc', 'hard', 'prm', 'judge', 'firstError0', 'firstError1'];

/** Reads the mappings of a `steplens.json`. Throws an Error that names the mistake. */
export function readMappings(text: string): FileMapping[] {
  const faults = new FaultList();
  const json = readJson(text, faults);
  const [fault] = faults.list();
  if (fault !== undefined) throw new Error(english('{0} is not valid JSON: {1}', MAPPING_FILE, fault.message));
  const [root] = json.roots;
  const list = root === undefined ? undefined : json.get(root, 'mappings');
  if (list === undefined || !json.isArray(list))
    throw new Error(english('{0} has no list "mappings"; write {"mappings": [{"question": "..", "steps": ".."}]}.', MAPPING_FILE));
  return json.items(list).map((item, i) => readMapping(json, item, i));
}

function readMapping(json: JsonDocument, item: number, index: number): FileMapping {
  const at = english('{0}, mapping {1}', MAPPING_FILE, index + 1);
  const text = (key: string): string | undefined => {
    const id = json.get(item, key);
    if (id === undefined) return undefined;
    if (!json.isString(id)) throw new Error(english('{0}: "{1}" is {2}; write the name of a key.', at, key, json.describe(id)));
    return json.string(id).text;
  };
  const mapping = Object.fromEntries(KEYS.flatMap((key) => (text(key) === undefined ? [] : [[key, text(key)]]))) as Mapping;
  const labelKind = text('labelKind');
  if (labelKind !== undefined && !KINDS.includes(labelKind as LabelKind))
    throw new Error(english('{0}: "labelKind" is "{1}"; write one of {2}.', at, labelKind, KINDS.join(', ')));
  if (mapping.steps === undefined && mapping.solutions === undefined && mapping.answer === undefined) {
    throw new Error(english('{0} has neither "steps", "solutions" nor "answer"; name the key of at least one.', at));
  }
  return { files: text('files'), mapping: { ...mapping, ...(labelKind !== undefined && { labelKind: labelKind as LabelKind }) } };
}

/** The first mapping whose `files` match a file's name. */
export function mappingFor(mappings: readonly FileMapping[], name: string): Mapping | undefined {
  return mappings.find(({ files }) => files === undefined || matches(files, name))?.mapping;
}

function matches(pattern: string, name: string): boolean {
  const form = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${form.join('.*')}$`).test(name);
}

/** A mapping as a format: it claims every record that has the mapped steps, solutions or answer. */
export function mappedFormat(mapping: Mapping): JsonFormat {
  const holds = (json: JsonDocument, record: number): boolean =>
    [mapping.steps, mapping.solutions, mapping.question, mapping.answer].some((path) => valueAt(json, record, path) !== undefined);
  return {
    syntax: 'json',
    id: 'mapped',
    title: `record mapped by ${MAPPING_FILE}`,
    recognizedBy: `\`${MAPPING_FILE}\` beside the file`,
    shown: 'what the mapping names',
    keys: [],
    hasNoSteps: mapping.steps === undefined && mapping.solutions === undefined,
    claims: (json, record) => valueAt(json, record, mapping.steps ?? mapping.solutions ?? mapping.answer) !== undefined,
    holds,
    read: (reader, record, index) => readMapped(reader, record, index, mapping),
  };
}
