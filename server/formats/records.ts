import type { JsonDocument } from './jsonDocument.js';

/** The most wrappers around a record: `{"data": {"train": [{"row": {..}}]}}` has 3. */
const MAX_WRAPPERS = 3;

/** A value that can be a record. */
export interface PossibleRecord {
  readonly id: number;
  /** The list it is an item of, whose other items are records too. Undefined for a value outside of lists. */
  readonly list: number | 'top' | undefined;
}

/**
 * The values of a JSON text that can be records, one list for each depth, in document order. First come the values at
 * the top (for arrays their items; for tables stored by column, `{"question": [..], "steps": [..]}`, their rows), then
 * the values inside those, as in `{"data": [..]}`, `{"rows": [{"row": {..}}]}` or `{"id-1": {..}}`.
 */
export function* candidateRecords(json: JsonDocument): Generator<PossibleRecord[]> {
  let level = topValues(json).flatMap((value) => {
    const rows = tableRows(json, value.id);
    return rows.length === 0 ? [value] : rows.map((id): PossibleRecord => ({ id, list: 'top' }));
  });
  for (let depth = 0; depth <= MAX_WRAPPERS && level.length > 0; depth++) {
    yield level;
    level = level.flatMap(({ id }) => inside(json, id));
  }
}

/** The values at the top of a text; arrays, and arrays of arrays, are replaced by their items. */
export function topValues(json: JsonDocument): PossibleRecord[] {
  return json.roots.flatMap((root) => opened(json, root, 2)).map((id) => ({ id, list: 'top' }));
}

function opened(json: JsonDocument, id: number, depth: number): number[] {
  if (depth === 0 || !json.isArray(id)) return [id];
  return json.items(id).flatMap((item) => (depth > 1 && json.isArray(item) ? opened(json, item, depth - 1) : [item]));
}

/**
 * The objects in an object, and the items of its arrays. The objects in a cut-off object are left out, because they may
 * be parts of one record.
 */
function inside(json: JsonDocument, object: number): PossibleRecord[] {
  if (!json.isObject(object)) return [];
  const isWhole = json.isClosed(object);
  return json.items(object).flatMap((value): PossibleRecord[] => {
    if (json.isArray(value)) return json.items(value).map((id) => ({ id, list: value }));
    return json.isObject(value) && isWhole ? [{ id: value, list: undefined }] : [];
  });
}

/** The rows of an object of columns: lists of one length (`datasets`) or objects with the same row numbers (pandas). */
function tableRows(json: JsonDocument, object: number): number[] {
  if (!json.isObject(object)) return [];
  const columns = json.entries(object);
  // If all lists have only records, they are splits of a data set, `{"train": [{..}], "test": [{..}]}`.
  const isLists =
    columns.length > 1 &&
    columns.every(([, value]) => json.isArray(value) && !isChat(json, value)) &&
    columns.some(([, value]) => json.items(value).some((item) => !json.isObject(item)));
  const isNumbered = columns.length > 1 && columns.every(([, value]) => json.isObject(value));
  if (!isLists && !isNumbered) return [];
  const cells = columns.map(([key, value]) => ({
    key,
    values: json.items(value),
    names: isLists ? [] : json.entries(value).map(([name]) => name),
  }));
  const [first] = cells;
  const isTable = cells.every(
    ({ values, names }) =>
      values.length === first!.values.length && names.every((name, i) => name === first!.names[i] && /^\d+$/.test(name)),
  );
  if (!isTable) return [];
  return first!.values.map((_, row) => {
    const record = new Map(cells.map(({ key, values }) => [key, values[row]!]));
    return json.addRecord(`row ${row}`, record, longest(json, [...record.values()]));
  });
}

/** A list of messages is one chat, not a column, even if another list such as `labels` has equally many items. */
function isChat(json: JsonDocument, list: number): boolean {
  const items = json.items(list);
  return items.length > 0 && items.every((item) => json.isObject(item) && (json.get(item, 'role') ?? json.get(item, 'from')) !== undefined);
}

/** The cell with the most text, where the steps are: it serves as the place of the row, which has none of its own. */
function longest(json: JsonDocument, cells: readonly number[]): { start: number; end: number } {
  const spans = cells.map((cell) => json.span(cell));
  return spans.reduce((best, span) => (span.end - span.start > best.end - best.start ? span : best));
}
