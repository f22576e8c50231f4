import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InputError } from '../files/inputError.js';
import { type RecordPage, type RecordTexts, readRecordPage, recordTexts } from '../files/recordPages.js';
import type { RecordsPlace } from '../formats/recordsUri.js';
import { local, t } from '../l10n.js';
import { RequestError } from '../protocol/message.js';

/** The texts of the file at a URI. Rejects with RequestError. */
export function recordTextsOf(uri: string): Promise<RecordTexts> {
  return ofFile(uri, '', recordTexts);
}

/** A page of records of the file at a URI. Rejects with RequestError. */
export function recordPageOf({ file, entry, first }: RecordsPlace): Promise<RecordPage> {
  return ofFile(file, entry, (path) => readRecordPage(path, entry, first));
}

async function ofFile<T>(uri: string, entry: string, read: (path: string) => Promise<T>): Promise<T> {
  if (!uri.startsWith('file:'))
    throw new RequestError('failed', t('Records are read from files on this machine. Copy the file to a local folder first.'));
  const path = fileURLToPath(uri);
  try {
    return await read(path);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new RequestError(
      'failed',
      t('Cannot show the records of {0}: {1}.', entry === '' ? basename(path) : `${basename(path)}, ${entry}`, local(error.message)),
    );
  }
}
