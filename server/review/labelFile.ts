import { openOwn } from '../disk/openOwn.js';
import { readRegular } from '../disk/readRegular.js';
import { type LabelFault, type LabelRecord, parseLabels } from './labelRecord.js';

/** Every label log ends like this; `media/schemas/labels.schema.json` describes a line. */
export const labelFileSuffix = '.steplens-labels.jsonl';

/** A log of a million labels. */
const mostBytes = 512 * 2 ** 20;

/** The label log of a data file is beside it. */
export function labelFileOf(dataPath: string): string {
  return `${dataPath}${labelFileSuffix}`;
}

/** The records of a log; none where there is no such file. Rejects when the file exists and cannot be read. */
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
 * Adds records to the end of a log and resolves when they are on the disk. The file is only ever appended to, with one write
 * for all records, so that a crash loses at most what was being written and two writers do not mix lines. A torn last line is
 * closed first: it stays a fault of its own and does not swallow the next record.
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
