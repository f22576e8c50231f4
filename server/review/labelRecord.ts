/** A person's judgment of one step: wrong, neutral or right (as in PRM800K and VisualProcessBench), or none of these. */
export type LabelValue = -1 | 0 | 1 | 'unsure' | 'skip';

/** How the reviewer worked: every step of a solution, or only as far as the first error. */
export type ReviewMode = 'every-step' | 'first-error';

/** One line of a label log: a person judged a step. The JSON schema is `media/schemas/labels.schema.json`. */
export interface StepLabel {
  readonly v: 1;
  /** Unique in all logs; `undo` refers to it. */
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** Name of the reviewer. */
  readonly by: string;
  readonly source: 'human';
  /** Content keys (`stepKeys.ts`): the label belongs to this text, wherever the text is in the file. */
  readonly problem: string;
  readonly step: string;
  /** Position of the step when it was judged, from 0: used to show the label as stale when its text changed. */
  readonly place: { readonly problem: number; readonly step: number };
  readonly value: LabelValue;
  /** One of the configured kinds of error, for a wrong step. */
  readonly kind?: string;
  readonly comment?: string;
  readonly mode: ReviewMode;
  /** The values of the step were hidden until it was judged. */
  readonly blind: boolean;
}

/** One line of a label log: a person took a label back. */
export interface LabelUndo {
  readonly v: 1;
  readonly id: string;
  readonly at: string;
  readonly by: string;
  /** `id` of the label. */
  readonly undo: string;
}

export type LabelRecord = StepLabel | LabelUndo;

export interface LabelFault {
  /** From 1. */
  readonly line: number;
  readonly message: string;
}

const values: readonly unknown[] = [-1, 0, 1, 'unsure', 'skip'] satisfies readonly LabelValue[];
/** What `git merge` writes around the two sides of a conflict. The lines between the markers are whole records. */
const conflictMarker = /^(<{7}|={7}|>{7}|\|{7})/;

/**
 * Reads a label log. A line that is not a record is a fault, and every other line is used: a torn last line after a crash
 * costs that label, and an unresolved merge costs none.
 */
export function parseLabels(text: string): { readonly records: readonly LabelRecord[]; readonly faults: readonly LabelFault[] } {
  const records: LabelRecord[] = [];
  const faults: LabelFault[] = [];
  for (const [at, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const record = conflictMarker.test(line)
      ? 'a conflict marker of git; remove the line, the labels around it are used'
      : parseRecord(line);
    if (typeof record === 'string') faults.push({ line: at + 1, message: `Line ${at + 1} is ${record}.` });
    else records.push(record);
  }
  return { records, faults };
}

/** The record of a line, or what is wrong with it. */
function parseRecord(line: string): LabelRecord | string {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return 'not complete JSON and was skipped; it may be the last line of an interrupted write';
  }
  if (typeof json !== 'object' || json === null) return 'not a JSON object and was skipped';
  const record = json as Partial<Record<string, unknown>>;
  if (record['v'] !== 1) return `of version ${JSON.stringify(record['v'])}, which this version of StepLens cannot read`;
  const isText = (...keys: readonly string[]): boolean => keys.every((key) => typeof record[key] === 'string' && record[key] !== '');
  if (!isText('id', 'at', 'by') || Number.isNaN(Date.parse(record['at'] as string)))
    return 'without a valid `id`, `at` or `by` and was skipped';
  if (isText('undo')) return json as LabelUndo;
  if (!isText('problem', 'step', 'mode') || !values.includes(record['value']) || !isPlace(record['place'])) {
    return 'without a valid `problem`, `step`, `place`, `mode` or `value` and was skipped';
  }
  return json as StepLabel;
}

function isPlace(value: unknown): boolean {
  const { problem, step } = (value ?? {}) as { problem?: unknown; step?: unknown };
  return Number.isInteger(problem) && Number.isInteger(step);
}

/**
 * The labels that count: without those taken back, and only the latest of one person for one step. The order of the
 * lines does not matter and a repeated line counts once, because git merges logs line by line.
 */
export function currentLabels(records: readonly LabelRecord[]): readonly StepLabel[] {
  const undone = new Set(records.flatMap((record) => ('undo' in record ? [record.undo] : [])));
  const latest = new Map<string, StepLabel>();
  for (const record of records) {
    if ('undo' in record || undone.has(record.id)) continue;
    const key = `${record.step}\0${record.by}`;
    const other = latest.get(key);
    if (other === undefined || isLater(record, other)) latest.set(key, record);
  }
  return [...latest.values()];
}

function isLater(a: StepLabel, b: StepLabel): boolean {
  const [timeA, timeB] = [Date.parse(a.at), Date.parse(b.at)];
  return timeA === timeB ? a.id > b.id : timeA > timeB;
}
