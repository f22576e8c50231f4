import { FaultList } from './faults.js';
import { JsonDocument } from './jsonDocument.js';
import { JsonReader } from './jsonReader.js';

/**
 * Copies a part of a text so that it does not keep the whole text in memory. V8 makes a slice, and every string read
 * from it, a view into the text it was cut from: without the copy, each part that is read again would keep one more
 * version of the whole text.
 */
export function detachedText(part: string): string {
  return part.slice(0, 1) + part.slice(1);
}

/** Reads a text that is one object and nothing else, without any fault; undefined for any other text. */
export function soundJson(text: string): { readonly json: JsonDocument; readonly root: number } | undefined {
  // In a file that is not UTF-8 this character is a fault of the whole file.
  if (text.includes('\ufffd')) return undefined;
  const faults = new FaultList();
  const json = new JsonDocument(text);
  new JsonReader(json, faults, 0, text.length, false).read();
  const [root] = json.roots;
  if (root === undefined || json.roots.length > 1 || !json.isObject(root) || faults.size > 0) return undefined;
  const { start, end } = json.span(root);
  return start === 0 && end === text.length ? { json, root } : undefined;
}
