import type { Output } from './command.js';

/**
 * Characters that control a terminal or change the direction of text: C0 except tab and line feed, DEL, C1, the marks,
 * embeddings, overrides and isolates of bidirectional text, line and paragraph separators, and tags. A file, a server
 * or a file name may contain them.
 */
const CONTROLS = /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|[\u{e0000}-\u{e007f}]/gu; // eslint-disable-line no-control-regex

/** Escapes control characters as JSON does (`\u001b`): the terminal does not obey them, and JSON keeps its values. */
export function escapeControls(text: string): string {
  return text.replace(CONTROLS, (found) => [...found].flatMap(unitsOf).join(''));
}

function unitsOf(character: string): string[] {
  return Array.from({ length: character.length }, (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`);
}

/** A text with the command's own control sequences, written unchanged. Text from outside was escaped before. */
export class Styled {
  constructor(readonly text: string) {}
}

/** A stream of the process. */
export interface Stream extends Omit<Output, 'write'> {
  write(text: string): unknown;
}

/** Returns a terminal's stream for commands: what they write is escaped, except `Styled`. */
export function terminal(stream: Stream): Output {
  return {
    write: (text) => stream.write(text instanceof Styled ? text.text : escapeControls(text)),
    get isTTY() {
      return stream.isTTY === true;
    },
    ...(stream.columns !== undefined && { columns: stream.columns }),
  };
}
