import { l10n, type Position, type TextDocument } from 'vscode';
import { jsonPointerAt } from '../../server/formats/jsonPointer.js';

/** Where a value is in a file: a JSON pointer; of a file with a record a line, the line before it. */
export function pointerAt(document: TextDocument, position: Position): string {
  if (document.languageId !== 'jsonl' && !document.fileName.endsWith('.jsonl'))
    return jsonPointerAt(document.getText(), document.offsetAt(position));
  return l10n.t('line {0}: {1}', position.line + 1, jsonPointerAt(document.lineAt(position.line).text, position.character));
}
