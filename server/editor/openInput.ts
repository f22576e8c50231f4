import { fileURLToPath, pathToFileURL } from 'node:url';
import { InputError, type InputFile, inputFiles, readInputs as readFileTexts } from '../files/inputFiles.js';
import { readMappedDocument } from '../files/mappings.js';
import { describeUnrecognized } from '../formats/unrecognized.js';
import { local, t } from '../l10n.js';
import type { FileFault } from '../protocol/evaluation.js';
import { LineIndex } from '../reasoning/span.js';
import { withLabels } from '../review/withLabels.js';

/** A document that is open in the client. */
export interface OpenText {
  readonly languageId: string;
  getText(): string;
}

export interface ReadFile extends InputFile {
  readonly uri: string;
}

/**
 * Reads files for a request, one after the other: open documents from the editor, others from disk. A folder includes
 * all files below it that a format claims. Files that cannot be read, and errors in files, are added to `faults`.
 */
export async function* readRequested(
  uris: readonly string[],
  openText: (uri: string) => OpenText | undefined,
  faults: FileFault[],
): AsyncGenerator<ReadFile> {
  for (const given of uris) {
    try {
      for await (const source of filesBehind(given, openText)) {
        for await (const file of textsOf(source)) yield withFaults(file, faults);
      }
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      faults.push({ uri: given, message: local(error.message) });
    }
  }
}

/** A file to read. `open`: its document, if open when the file was found; it may be closed before it is read. */
interface Source {
  readonly uri: string;
  readonly open?: OpenText;
}

async function* filesBehind(uri: string, openText: (uri: string) => OpenText | undefined): AsyncGenerator<Source> {
  const open = openText(uri);
  if (open) yield { uri, open };
  else if (!uri.startsWith('file:')) throw new InputError(t('it is not on this machine; open it in the editor first'));
  else
    for await (const path of inputFiles([fileURLToPath(uri)])) {
      const found = pathToFileURL(path).href;
      const opened = openText(found);
      yield { uri: found, ...(opened && { open: opened }) };
    }
}

/** The texts of a file: one, or those in an archive. */
async function* textsOf({ uri, open }: Source): AsyncGenerator<ReadFile> {
  if (!open) {
    for await (const input of readFileTexts(fileURLToPath(uri))) yield { ...input, uri };
    return;
  }
  const read = readOpen(uri, open);
  yield { ...read, ...(uri.startsWith('file:') && { reasoning: await withLabels(read.file, read.reasoning) }), uri };
}

function readOpen(uri: string, document: OpenText): InputFile {
  const text = document.getText();
  const reasoning = readMappedDocument(text, uri, document.languageId);
  if (!reasoning) throw new InputError(t('no format is recognized in it: {0}', describeUnrecognized(text)));
  return { file: uri.startsWith('file:') ? fileURLToPath(uri) : uri, lines: new LineIndex(text), reasoning };
}

function withFaults(file: ReadFile, faults: FileFault[]): ReadFile {
  for (const { span, message } of file.reasoning.faults)
    faults.push({ uri: file.uri, message: t('Line {0}: {1}', file.lines.position(span.start).line + 1, local(message)) });
  return file;
}
