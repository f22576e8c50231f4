import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundledPolicy, inferenceEntry, version } from '../bundled.js';
import { openEditorJudge, openEditorPolicy } from '../editor/editorPolicy.js';
import { createLabeler } from '../editor/labeler.js';
import type { Reader } from '../editor/openDocument.js';
import { findImages, locateImages } from '../files/images.js';
import { readDocument } from '../formats/registry.js';
import { readerFailed } from '../language/diagnostics.js';
import { openScorer, scoringKey } from '../scoring/openScorer.js';
import type { World } from './server.js';

/** Longest text read in the editor, in UTF-16 units; the command line reads any length. */
const editorMaxLength = 32_000_000;

/**
 * Reads a text of an editor. An empty one is claimed only where nothing but records can stand in it (JSON Lines), and a
 * reader that fails is a fault of the document, not the end of the server.
 */
export const readInEditor: Reader = (text, { languageId }) => {
  if (text.trim() === '' && languageId !== 'jsonl') return undefined;
  try {
    return readDocument(text, languageId, editorMaxLength);
  } catch (error) {
    return { format: 'none', problems: [], faults: [readerFailed(error)] };
  }
};

export function createWorld(): World {
  return {
    version,
    read: readInEditor,
    createScorer: (settings, host) =>
      openScorer(settings, { ...host, apiKey: async (url) => (await host.apiKey(url)) ?? scoringKey(process.env) }),
    createLabeler: (options) =>
      createLabeler(
        (name) => openEditorPolicy(name, { bundledPolicy, inferenceEntry, ...options }),
        (algebra, judge) => openEditorJudge(algebra, judge, options),
      ),
    findImages,
    locateImages,
    readText: (uri) => readFile(fileURLToPath(uri), 'utf8'),
    clock: {
      after(ms, action) {
        const timer = setTimeout(action, ms);
        return () => clearTimeout(timer);
      },
    },
  };
}
