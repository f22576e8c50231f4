import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NotReadable, readRegularSync } from '../disk/readRegular.js';
import { FAULTS } from '../formats/faults.js';
import { readAs } from '../formats/jsonFile.js';
import type { Mapping } from '../formats/mapping.js';
import { MAPPING_FILE, mappedFormat, mappingFor, readMappings } from '../formats/mappingFile.js';
import { readAgain } from '../formats/readAgain.js';
import { nameInside, recordsPlaceOf } from '../formats/recordsUri.js';
import { readDocument } from '../formats/registry.js';
import type { ReasoningDocument } from '../reasoning/problem.js';

/** A mapping has only a few lines per file. */
const mostBytes = 2 ** 20;

/** The mapping for a file in the `steplens.json` beside it, if any. Throws an Error when that file is not valid. */
export function mappingOf(path: string): Mapping | undefined {
  let text: string;
  try {
    text = readRegularSync(join(dirname(path), MAPPING_FILE), mostBytes).toString('utf8');
  } catch (error) {
    if (error instanceof NotReadable) throw error;
    return undefined;
  }
  return basename(path) === MAPPING_FILE ? undefined : mappingFor(readMappings(text), basename(path));
}

/** Reads a text after an edit of one record (`readAgain`); undefined when all of the text must be read. */
export function readEdited(
  text: string,
  before: { readonly text: string; readonly document: ReasoningDocument },
  maxLength = Infinity,
): ReasoningDocument | undefined {
  return text.length <= maxLength ? readAgain(before.document, before.text, text) : undefined;
}

/**
 * Reads a text by the mapping beside its file, or else in the format that claims it. `uri` is the document's. If the
 * document shows records of a file, the mapping beside that file is used. A document without a file has no mapping.
 */
export function readMappedDocument(
  text: string,
  uri: string,
  languageId: string | undefined,
  maxLength = Infinity,
): ReasoningDocument | undefined {
  const place = recordsPlaceOf(uri);
  const source = place?.file ?? uri;
  if (!source.startsWith('file:') || text.trim() === '') return readDocument(text, languageId, maxLength);
  try {
    const file = fileURLToPath(source);
    const mapping = mappingOf(place === undefined ? file : join(dirname(file), basename(nameInside(basename(file), place.entry))));
    return mapping === undefined ? readDocument(text, languageId, maxLength) : readAs(mappedFormat(mapping), text.slice(0, maxLength));
  } catch (error) {
    const { severity } = FAULTS['invalid-mapping'];
    return {
      format: 'none',
      problems: [],
      faults: [{ code: 'invalid-mapping', severity, message: (error as Error).message, span: { start: 0, end: 0 } }],
    };
  }
}
