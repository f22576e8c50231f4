import { strict as assert } from 'node:assert';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type CodeLens, commands, extensions, TabInputWebview, type TextDocument, Uri, window } from 'vscode';
import { zip, zstandard } from '../files/containerFiles.js';
import { closeAll, codeOf, hoverText, ours, until } from './support.js';

const record = (n: number): string =>
  `${JSON.stringify({ id: `r-${n}`, generator: 'm', problem: `What is ${n} + 1?`, steps: ['Add one.', `It is ${n + 2}.`], label: 1 })}\n`;
const text = record(0) + record(1);

/** Waits for the document of records that a command shows. */
async function shown(isOther: (document: TextDocument) => boolean = () => true): Promise<TextDocument> {
  return until('a document of records', () => {
    const document = window.activeTextEditor?.document;
    return document?.uri.scheme === 'steplens-records' && isOther(document) && document;
  });
}

/** Checks that steps labeled wrong by people are marked in the text, explained on hover, and drawn in a tree. */
async function isAlive(document: TextDocument, wrong: string): Promise<void> {
  const { uri } = document;
  const marks = await until(`marks in ${uri.path}`, () => {
    const found = ours(uri).filter((one) => codeOf(one) === 'first-low-step');
    return found.length > 0 && found;
  });
  assert.ok(
    marks.some(({ range }) => document.getText(range) === wrong),
    marks.map(({ range }) => document.getText(range)).join(' | '),
  );
  assert.match(await hoverText(uri, document.positionAt(document.getText().indexOf(wrong) + 2)), /right|wrong/);
  const lenses = await commands.executeCommand<CodeLens[]>('vscode.executeCodeLensProvider', uri);
  assert.ok(lenses.some(({ command }) => command?.command === 'steplens.openTree'));
  await commands.executeCommand('steplens.openTree', uri.toString(), 0);
  await until('the tree', () =>
    window.tabGroups.all.some(({ tabs }) =>
      tabs.some(({ input }) => input instanceof TabInputWebview && /steplens\.tree/.test(input.viewType)),
    ),
  );
}

describe('the command "Open Records"', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'steplens-records-'));
  });
  afterEach(closeAll);
  after(() => rm(folder, { recursive: true, force: true }));

  async function write(name: string, bytes: Uint8Array): Promise<Uri> {
    await writeFile(join(folder, name), bytes);
    return Uri.file(join(folder, name));
  }

  for (const [name, bytes] of [
    ['rows.jsonl.gz', () => gzipSync(text)],
    ['rows.jsonl.zst', () => zstandard(Buffer.from(text))],
    ['rows.zip', () => zip({ 'a/rows.jsonl': text })],
  ] as const) {
    it(`shows the records of ${name} as a document with marks`, async () => {
      await commands.executeCommand('steplens.openRecords', await write(name, bytes()));
      const document = await shown();
      assert.equal(document.languageId, 'jsonl');
      assert.equal(document.getText(), text);
      await isAlive(document, 'It is 2.');
    });
  }

  it('shows the records of a Parquet file as lines of JSON', async () => {
    const fixture = join(extensions.getExtension('steplens.steplens')!.extensionPath, 'test', 'fixtures', 'files', 'rows.parquet');
    await commands.executeCommand('steplens.openRecords', await write('rows.parquet', await readFile(fixture)));
    const document = await shown();
    assert.equal(document.lineCount, 3);
    await isAlive(document, 'Add.');
  });

  it('asks which file of a ZIP archive to show', async () => {
    const file = await write('two.zip', zip({ 'a.jsonl': record(5), 'b.jsonl': record(6) }));
    void commands.executeCommand('steplens.openRecords', file);
    const document = await until('the chosen text', async () => {
      await commands.executeCommand('workbench.action.acceptSelectedQuickOpenItem');
      const active = window.activeTextEditor?.document;
      return active?.uri.scheme === 'steplens-records' && active;
    });
    assert.equal(document.getText(), record(5));
  });

  it('shows a long file in pages of 1,000 records', async () => {
    const rows = Array.from({ length: 2100 }, (_, n) => record(n));
    await commands.executeCommand('steplens.openRecords', await write('long.jsonl.gz', gzipSync(rows.join(''))));
    const first = await shown();
    assert.equal(first.getText(), rows.slice(0, 1000).join(''));
    await commands.executeCommand('steplens.nextRecords');
    const second = await shown((document) => document !== first);
    assert.equal(second.getText(), rows.slice(1000, 2000).join(''));
    await commands.executeCommand('steplens.nextRecords');
    const third = await shown((document) => document !== first && document !== second);
    assert.equal(third.getText(), rows.slice(2000).join(''));
    await until('marks of the last records', () => ours(third.uri).some(({ range }) => third.getText(range) === 'It is 2101.'));
    await commands.executeCommand('steplens.previousRecords');
    await shown((document) => document.uri.toString() === second.uri.toString());
  });
});
