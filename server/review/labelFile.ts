import { openOwn } from '../disk/openOwn.js';
import { readRegular } from '../disk/readRegular.js';
import { type LabelFault, type LabelRecord, parseLabels } from './labelRecord.js';

/** The name of every label log ends like this; `media/schemas/labels.schema.json` describes a line. */
export const labelFileSuffix = '.steplens-labels.jsonl';

/** A log of a million labels. */
const mostBytes = 512 * 2 ** 20;

/** The path of a data file's label log, which is beside the data file. */
export function labelFileOf(dataPath: string): string {
  return `${dataPath}${labelFileSuffix}`;
}

/** The records of a log; none when there is no such file. Rejects when the file exists but cannot be read. */
export async function readLabelFile(
  path: string,
): Promise<{ readonly records: readonly LabelRecord[]; readonly faults: readonly LabelFault[] }> {
  try {
    return parseLabels((await readRegular(path, mostBytes)).toString('utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { records: [], faults: [] };
    throw error;
  }
}

/**
 * Adds records to the end of a log and resolves when they are on the disk. The file is only ever appended to, with one
 * write for all records, so that a crash loses at most that write and two writers do not mix lines. A torn last line is
 * ended first: it stays a fault of its own and does not swallow the next record.
 */
export async function appendLabels(path: string, records: readonly LabelRecord[]): Promise<void> {
  const file = await openOwn(path);
  try {
    const { size } = await file.stat();
    const last = size === 0 ? '\n' : (await file.read(Buffer.alloc(1), 0, 1, size - 1)).buffer.toString('latin1');
    const lines = records.map((record) => `${JSON.stringify(record)}\n`).join('');
    await file.appendFile(last === '\n' ? lines : `\n${lines}`);
    await file.datasync();
  } finally {
    await file.close();
  }
}
