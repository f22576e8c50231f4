import { l10n, type Position, type TextDocument } from 'vscode';
import { jsonPointerAt } from '../../server/formats/jsonPointer.js';

/** Returns the place of a value in a file as a JSON pointer, preceded by the line if each line is a record. */
export function pointerAt(document: TextDocument, position: Position): string {
  if (document.languageId !== 'jsonl' && !document.fileName.endsWith('.jsonl'))
    return jsonPointerAt(document.getText(), document.offsetAt(position));
  return l10n.t('line {0}: {1}', position.line + 1, jsonPointerAt(document.lineAt(position.line).text, position.character));
}
