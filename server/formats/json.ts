import type { FaultList } from './faults.js';
import { JsonDocument } from './jsonDocument.js';
import { jsonLines } from './jsonLines.js';
import { JsonReader } from './jsonReader.js';

/**
 * Reads JSON, JSON Lines (told by content, see `jsonLines`) or values one after another. Tolerant: NaN and infinities as
 * Python writes them, a byte order mark, and everything broken is reported and read on behind. O(length), iterative.
 */
export function readJson(text: string, faults: FaultList): JsonDocument {
  const document = new JsonDocument(text);
  const lines = jsonLines(text);
  if (lines === undefined) new JsonReader(document, faults, text.charCodeAt(0) === 0xfeff ? 1 : 0, text.length, false).read();
  else for (const { start, end } of lines) new JsonReader(document, faults, start, end, true).read();
  return document;
}
