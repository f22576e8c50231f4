import { english } from '../l10n.js';
import type { Fault } from '../reasoning/problem.js';
import { FAULTS } from './faults.js';

/** If more than this share of a text is NUL characters, it is UTF-16 that was decoded as something else. */
const NUL_SHARE = 0.2;

/** Removes the NUL characters where they are a sign of UTF-16; otherwise returns the text unchanged. */
export function withoutNulls(text: string): string {
  const beginning = text.slice(0, 1000);
  const nulls = beginning.split('\0').length - 1;
  return nulls > beginning.length * NUL_SHARE ? text.replaceAll('\0', '') : text;
}

/** Returns the fault for replacement characters that decoding left in a text; undefined when there are none. */
export function encodingFault(text: string): Fault | undefined {
  const first = text.indexOf('\ufffd');
  if (first < 0) return undefined;
  let count = 0;
  for (let at = first; at >= 0; at = text.indexOf('\ufffd', at + 1)) count++;
  const characters = count === 1 ? english('a replacement character') : english('{0} replacement characters', count.toLocaleString('en'));
  return {
    code: 'encoding',
    severity: FAULTS.encoding.severity,
    message: english(
      'This file has {0} (�) in the place of bytes that are not UTF-8. If it is in another encoding, such as Latin-1 or GBK, convert it to UTF-8.',
      characters,
    ),
    span: { start: first, end: first + 1 },
  };
}
