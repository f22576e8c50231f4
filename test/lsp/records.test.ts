import { copyFileSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { type CodeLens, createConnection, type Hover, StreamMessageReader, StreamMessageWriter } from 'vscode-languageserver/node';
import { RECORDS_SCHEME, recordsQuery } from '../../server/formats/recordsUri.js';
import { startServer } from '../../server/lsp/server.js';
import { createWorld } from '../../server/lsp/world.js';
import { RecordPage, RecordTexts } from '../../server/protocol/records.js';
import { FakeScorer } from '../editor/fakeScorer.js';
import { zip, zstandard } from '../files/containerFiles.js';
import { TestClient } from './client.js';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'steplens-records-')));
const rows = [0, 1].map(
  (n) =>
    `${JSON.stringify({ id: `r-${n}`, generator: 'm', problem: `What is ${n} + 1?`, steps: ['Add one.', `It is ${n + 2}.`], label: 1 })}\n`,
);
const text = rows.join('');
writeFileSync(join(folder, 'rows.jsonl.gz'), gzipSync(text));
writeFileSync(join(folder, 'rows.jsonl.zst'), zstandard(Buffer.from(text)));
writeFileSync(join(folder, 'rows.zip'), zip({ 'a/rows.jsonl': text, 'b.md': '# About\n' }));
writeFileSync(join(folder, 'cut.gz'), gzipSync(text).subarray(0, 40));
writeFileSync(join(folder, 'odd.jsonl.gz'), gzipSync(`${JSON.stringify({ ask: 'Q?', moves: ['Go.', 'Stop.'], marks: [1, 0] })}\n`));
writeFileSync(
  join(folder, 'steplens.json'),
  JSON.stringify({ mappings: [{ files: 'odd.jsonl', question: 'ask', steps: 'moves', labels: 'marks' }] }),
);
copyFileSync('test/fixtures/files/rows.parquet', join(folder, 'rows.parquet'));
const clients: TestClient[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) {
    await client.request('shutdown', undefined);
    client.connection.dispose();
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

async function connected(): Promise<TestClient> {
  const [toServer, fromServer] = [new PassThrough(), new PassThrough()];
  startServer(createConnection(toServer, fromServer), { ...createWorld(), createScorer: () => new FakeScorer() });
  const client = new TestClient(new StreamMessageReader(fromServer), new StreamMessageWriter(toServer));
  clients.push(client);
  await client.initialize();
  return client;
}

const fileOf = (name: string): string => pathToFileURL(join(folder, name)).href;
const documentOf = (file: string, entry: string): string =>
  `${RECORDS_SCHEME}:/rows.jsonl?${encodeURIComponent(recordsQuery({ file, entry, first: 0 }))}`;

describe('the records of a container', () => {
  it.each([
    ['rows.jsonl.gz', '', 'It is 2.'],
    ['rows.jsonl.zst', '', 'It is 2.'],
    ['rows.zip', 'a/rows.jsonl', 'It is 2.'],
    ['rows.parquet', '', 'Add.'],
    // Read with the mapping beside the file.
    ['odd.jsonl.gz', '', 'Stop.'],
  ])('are read from %s, and get diagnostics in the document that shows them', async (name, entry, wrong) => {
    const client = await connected();
    const file = fileOf(name);
    expect((await client.ask(RecordTexts, { file })).entries).toContain(entry);
    const page = await client.ask(RecordPage, { file, entry, first: 0 });
    expect(page.isLast).toBe(true);
    const uri = documentOf(file, entry);
    await client.open(uri, 'jsonl', page.text);
    await client.until(() => client.codes(uri).includes('first-low-step'));
    const lines = page.text.split('\n');
    const marked = client.diagnostics.get(uri)!.diagnostics.filter(({ code }) => code === 'first-low-step');
    const [first] = marked;
    expect(marked.map(({ range }) => lines[range.start.line]!.slice(range.start.character, range.end.character))).toContain(wrong);
    const hover = await client.request<Hover>('textDocument/hover', { textDocument: { uri }, position: first!.range.start });
    expect(JSON.stringify(hover.contents)).toMatch(/wrong/);
    const lenses = await client.request<CodeLens[]>('textDocument/codeLens', { textDocument: { uri } });
    expect(lenses.some(({ command }) => command?.command === 'steplens.openTree')).toBe(true);
  });

  it('are refused with the reason if they cannot be read', async () => {
    const client = await connected();
    await expect(client.ask(RecordPage, { file: fileOf('cut.gz'), entry: '', first: 0 })).rejects.toThrow(
      /Cannot show the records of cut\.gz: this gzip file is damaged/,
    );
    await expect(client.ask(RecordTexts, { file: fileOf('none.gz') })).rejects.toThrow(/none\.gz: there is no such file/);
    await expect(client.ask(RecordTexts, { file: 'vscode-vfs://github/a/b.zip' })).rejects.toThrow(/files on this machine/);
  });
});
