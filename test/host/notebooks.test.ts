import { strict as assert } from 'node:assert';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type CodeAction,
  type CodeLens,
  ConfigurationTarget,
  commands,
  extensions,
  type InlayHint,
  languages,
  type NotebookCell,
  NotebookRange,
  Range,
  Uri,
  window,
  workspace,
} from 'vscode';
import { closeAll, codeOf, fixture, hoverText, ours, until } from './support.js';

describe('a notebook', () => {
  let folder: string;
  let uri: Uri;

  const scoreOnOpen = (value: boolean) =>
    workspace.getConfiguration('steplens').update('scoreOnOpen', value, ConfigurationTarget.Workspace);

  before(async () => {
    // The suite's workspace scores only on command, and no test runs that command for notebook cells.
    await scoreOnOpen(true);
    folder = mkdtempSync(join(tmpdir(), 'steplens-notebook-'));
    // A solution whose first error the bundled model finds.
    const extension = extensions.getExtension('steplens.steplens');
    assert.ok(extension);
    const sample = Uri.joinPath(extension.extensionUri, 'media', 'samples', 'solutions', 'wrong.md');
    const solution = readFileSync(sample.fsPath, 'utf8');
    const tree = readFileSync(fixture('tree.json').fsPath, 'utf8');
    const lines = (text: string): string[] => text.split(/(?<=\n)/);
    const code = (source: string, outputs: object[]) => ({
      cell_type: 'code',
      execution_count: 1,
      metadata: {},
      source: [source],
      outputs,
    });
    const notebook = {
      cells: [
        { cell_type: 'markdown', metadata: {}, source: lines(solution) },
        code('print(solution)', [{ output_type: 'stream', name: 'stdout', text: lines(solution) }]),
        code('solution', [
          {
            output_type: 'execute_result',
            execution_count: 1,
            metadata: {},
            data: { 'text/plain': [`'${solution.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n')}'`] },
          },
        ]),
        code('print(tree)', [{ output_type: 'stream', name: 'stdout', text: lines(tree) }]),
        code('print("Hello")', [{ output_type: 'stream', name: 'stdout', text: ['Hello\n'] }]),
        code('# Step 1: 3 + 4 = 8\n# Step 2: So 8.', []),
      ],
      metadata: { language_info: { name: 'python' } },
      nbformat: 4,
      nbformat_minor: 5,
    };
    writeFileSync(join(folder, 'work.ipynb'), JSON.stringify(notebook));
    uri = Uri.file(join(folder, 'work.ipynb'));
    await window.showNotebookDocument(await workspace.openNotebookDocument(uri));
  });
  after(async () => {
    await closeAll();
    await scoreOnOpen(false);
    rmSync(folder, { recursive: true, force: true });
  });

  const lowIn = (one: Uri): boolean => ours(one).some((diagnostic) => codeOf(diagnostic) === 'first-low-step');

  it('has marks on the low steps of a Markdown cell', async () => {
    const [cell] = (await workspace.openNotebookDocument(uri)).getCells();
    assert.ok(cell);
    await until('a first low step in the cell', () => lowIn(cell.document.uri));
    const text = ours(cell.document.uri).map(({ range }) => cell.document.getText(range));
    assert.ok(text.every((one) => one !== ''));
  });

  for (const [name, what] of [
    ['cell 2.md', 'what a cell printed'],
    ['cell 3.md', 'a text that is the value of a cell'],
    ['cell 4.json', 'a search tree that a cell printed'],
  ] as const)
    it(`has ${what} scored like a document`, async () => {
      await until(`a first low step in ${name}`, () =>
        languages
          .getDiagnostics()
          .some(([one]) => one.scheme === 'steplens-output' && one.path.endsWith(`work.ipynb/${name}`) && lowIn(one)),
      );
    });

  /** Returns the first cell, a Markdown cell, in edit mode. */
  const editedCell = async (): Promise<NotebookCell> => {
    const notebook = await workspace.openNotebookDocument(uri);
    await window.showNotebookDocument(notebook, { selections: [new NotebookRange(0, 1)] });
    await commands.executeCommand('notebook.cell.edit');
    return notebook.cellAt(0);
  };

  it('has hover, code lens and values in a cell and in an output', async () => {
    const output = await until('the output', () =>
      workspace.textDocuments.find(({ uri: one }) => one.path.endsWith('work.ipynb/cell 2.md')),
    );
    for (const document of [(await editedCell()).document, output]) {
      const first = await until('a first low step', () => ours(document.uri).find((one) => codeOf(one) === 'first-low-step'));
      assert.match(await hoverText(document.uri, first.range.start.translate(0, 2)), /first low step.*[\s\S]*PRM/);
      const lenses = await commands.executeCommand<CodeLens[]>('vscode.executeCodeLensProvider', document.uri);
      assert.ok(lenses.some(({ command }) => command?.command === 'steplens.goToStep'));
      const hints = await commands.executeCommand<InlayHint[]>(
        'vscode.executeInlayHintProvider',
        document.uri,
        new Range(0, 0, document.lineCount, 0),
      );
      assert.ok(hints.length >= 3);
    }
  });

  it('offers to correct a calculation in a Markdown cell, and applies the fix to the notebook', async () => {
    const { document } = await editedCell();
    const at = document.positionAt(document.getText().indexOf('42 + 78 = 110'));
    const fix = await until('the quick fix', async () => {
      const actions = await commands.executeCommand<CodeAction[]>('vscode.executeCodeActionProvider', document.uri, new Range(at, at));
      return actions.find(({ title }) => title === 'Correct the result: 42 + 78 = 120');
    });
    assert.ok(fix.edit && (await workspace.applyEdit(fix.edit)));
    assert.ok(document.getText().includes('42 + 78 = 120'));
    assert.ok((await workspace.openNotebookDocument(uri)).isDirty);
    await commands.executeCommand('undo');
  });

  it('has no marks in other outputs and in code cells', () => {
    const marked = languages.getDiagnostics().filter(([, list]) => list.some(({ source }) => source === 'StepLens'));
    const paths = marked.map(([one]) => one.path).filter((path) => path.includes('work.ipynb'));
    assert.ok(paths.every((path) => !/cell [56]\./.test(path)));
    const [, , , , , code] = workspace.notebookDocuments.find((one) => one.uri.toString() === uri.toString())!.getCells();
    assert.deepEqual(ours(code!.document.uri), []);
  });
});
