import { readFileSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createConnection, type DocumentSymbol, StreamMessageReader, StreamMessageWriter } from 'vscode-languageserver/node';
import { startServer } from '../../server/lsp/server.js';
import { createWorld } from '../../server/lsp/world.js';
import { defaultSettings } from '../../server/protocol/settingsTable.js';
import { createRandom } from '../../server/reasoning/random.js';
import { LineIndex } from '../../server/reasoning/span.js';
import { TestClient } from '../lsp/client.js';
import { done, seed } from './figures.js';

const pieces = [
  '',
  '"',
  '{',
  '}',
  '[',
  ']',
  ',',
  '\n',
  '\r\n',
  '\\',
  'é😀',
  '\ud83d',
  '{"question":"q"}',
  '<step>',
  '1',
  'null',
  ' \t',
  '\u2028',
];
const documents: readonly (readonly [languageId: string, file: string])[] = [
  ['jsonl', 'test/fixtures/files/visualprm-raw.jsonl'],
  ['json', 'test/fixtures/files/mm-prm-tree.json'],
  ['markdown', 'test/fixtures/files/several.md'],
  ['plaintext', 'test/fixtures/files/tagged.txt'],
];
const edits = 1000;
/** Number of edits between two comparisons of both readings. */
const between = 10;

let client: TestClient;
beforeAll(async () => {
  const [toServer, fromServer] = [new PassThrough(), new PassThrough()];
  startServer(createConnection(toServer, fromServer), createWorld());
  client = new TestClient(new StreamMessageReader(fromServer), new StreamMessageWriter(toServer));
  await client.initialize({ settings: { ...defaultSettings, scoreOnOpen: false } });
});
afterAll(async () => {
  await client.request('shutdown', undefined);
  client.connection.dispose();
});

/** Moves an offset out of a CRLF: editors have no position between its two characters. */
function placeIn(text: string, at: number): number {
  return text[at - 1] === '\r' && text[at] === '\n' ? at - 1 : at;
}

async function readingOf(uri: string): Promise<unknown> {
  const textDocument = { uri };
  const symbols = await client.request<DocumentSymbol[] | null>('textDocument/documentSymbol', { textDocument });
  const folding = await client.request('textDocument/foldingRange', { textDocument });
  const lenses = await client.request('textDocument/codeLens', { textDocument });
  return JSON.parse(JSON.stringify({ symbols, folding, lenses }).replaceAll(uri, 'URI'));
}

it(`a text after ${edits} random edits, checked every ${between}th, seed ${seed}, reads as if newly opened`, async () => {
  const random = createRandom(seed, 'edits');
  let made = 0;
  for (const [languageId, file] of documents) {
    const original = readFileSync(file, 'utf8').slice(0, 20_000);
    let text = original;
    const uri = `file:///w/edited-${languageId}`;
    await client.open(uri, languageId, text);
    for (let i = 0; i < edits / documents.length; i++) {
      // Every 50th edit restores the original text, so that it stays mostly readable.
      const isAnew = i % 50 === 49;
      const start = isAnew ? 0 : placeIn(text, Math.floor(random() * (text.length + 1)));
      const end = isAnew ? text.length : placeIn(text, Math.min(text.length, start + Math.floor(random() * 12)));
      const put = isAnew ? original : pieces[Math.floor(random() * pieces.length)]!;
      const lines = new LineIndex(text);
      await client.change(uri, { range: lines.range({ start, end }), text: put });
      text = text.slice(0, start) + put + text.slice(end);
      made++;
      if (i % between !== between - 1) continue;
      const fresh = `file:///w/fresh-${languageId}-${i}`;
      await client.open(fresh, languageId, text);
      expect(await readingOf(uri), JSON.stringify(text.slice(Math.max(0, start - 60), start + 60))).toEqual(await readingOf(fresh));
      await client.connection.sendNotification('textDocument/didClose', { textDocument: { uri: fresh } });
    }
  }
  done('edits', made, seed);
});
