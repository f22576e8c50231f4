import type { FaultList } from './faults.js';
import { JsonDocument } from './jsonDocument.js';
import { jsonLines } from './jsonLines.js';
import { JsonReader } from './jsonReader.js';

/**
 * Reads JSON, JSON Lines (recognized by content, see `jsonLines`) or values one after another. Tolerant: comments, NaN and
 * infinities as Python writes them, a byte order mark; damage is reported and reading continues after it. O(length), iterative.
 */
export function readJson(text: string, faults: FaultList): JsonDocument {
  const document = new JsonDocument(text);
  const lines = jsonLines(text);
  if (lines === undefined) new JsonReader(document, faults, 0, text.length, false).read();
  else for (const { start, end } of lines) new JsonReader(document, faults, start, end, true).read();
  return document;
}
