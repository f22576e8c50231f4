/** Records of compressed, archived and very large files, which the editor shows in documents of their own. */
import { request } from './message.js';
import { count, flag, list, nullable, object, text } from './shape.js';

/** The texts of a file (a URI). `container` is its kind, null for plain text. Rejects where it cannot be read, with the reason. */
export const RecordTexts = request({
  method: 'steplens/recordTexts',
  to: 'server',
  params: object({ file: text }),
  result: object({ container: nullable(text), entries: list(text) }),
});

/**
 * Records of a text, starting at `first` (counted from 0). `count` is null for a text that is shown whole. Rejects with
 * the reason if the text cannot be read or is too large to be shown.
 */
export const RecordPage = request({
  method: 'steplens/recordPage',
  to: 'server',
  params: object({ file: text, entry: text, first: count }),
  result: object({ text, count: nullable(count), isLast: flag }),
});
