/** Scheme of the read-only documents that show records of compressed, archived or very large files; the manifest has menus for it. */
export const RECORDS_SCHEME = 'steplens-records';

/** Which records a document of this scheme shows. */
export interface RecordsPlace {
  /** URI of the file on disk. */
  readonly file: string;
  /** Name of the text in the file; empty where the file has one text only. */
  readonly entry: string;
  /** The first record that is shown, counted from 0. */
  readonly first: number;
}

/** The query of a document's URI, before URI encoding. */
export function recordsQuery(place: RecordsPlace): string {
  return JSON.stringify(place);
}

/** Reads the query of a document's URI; undefined where it is not one that `recordsQuery` wrote. */
export function readRecordsQuery(query: string): RecordsPlace | undefined {
  try {
    const { file, entry, first } = JSON.parse(query) as Partial<RecordsPlace>;
    const isPlace = typeof file === 'string' && typeof entry === 'string' && Number.isInteger(first) && first! >= 0;
    return isPlace ? { file, entry, first: first! } : undefined;
  } catch {
    return undefined;
  }
}

/** The place that a document's URI encodes; undefined for a document of another scheme. */
export function recordsPlaceOf(uri: string): RecordsPlace | undefined {
  if (!uri.startsWith(`${RECORDS_SCHEME}:`)) return undefined;
  try {
    return readRecordsQuery(decodeURIComponent(/\?([^#]*)/.exec(uri)?.[1] ?? ''));
  } catch {
    return undefined;
  }
}

/** The file on disk that a document shows: mappings and images are beside it. */
export function sourceUriOf(uri: string): string {
  return recordsPlaceOf(uri)?.file ?? uri;
}

/** The name of a text in a file: `rows.jsonl.gz` contains `rows.jsonl`. */
export function nameInside(file: string, entry: string): string {
  return entry === '' ? file.replace(/\.(?:gz|zst|zstd)$/i, '') : entry;
}
