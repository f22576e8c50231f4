import type { Output } from './command.js';

/**
 * What a terminal obeys or what turns text around: C0 but for tab and line feed, DEL, C1, the marks, embeddings, overrides and
 * isolates of bidirectional text, line and paragraph separators, and tags. A file, a server or a file name may hold them.
 */
const CONTROLS = /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|[\u{e0000}-\u{e007f}]/gu; // eslint-disable-line no-control-regex

/** A text with its control characters as JSON writes them (`\u001b`): nothing is obeyed, and JSON keeps its values. */
export function escapeControls(text: string): string {
  return text.replace(CONTROLS, (found) => [...found].flatMap(unitsOf).join(''));
}

function unitsOf(character: string): string[] {
  return Array.from({ length: character.length }, (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`);
}

/** A text with the command's own control sequences, written as it is: whatever it holds from outside was escaped before. */
export class Styled {
  constructor(readonly text: string) {}
}

/** A stream of the process. */
export interface Stream extends Omit<Output, 'write'> {
  write(text: string): unknown;
}

/** A terminal's stream for commands: what they write is escaped, but for `Styled`. */
export function terminal(stream: Stream): Output {
  return {
    write: (text) => stream.write(text instanceof Styled ? text.text : escapeControls(text)),
    get isTTY() {
      return stream.isTTY === true;
    },
    ...(stream.columns !== undefined && { columns: stream.columns }),
  };
}
