import { strict as assert } from 'node:assert';
import {
  type CodeLens,
  commands,
  DiagnosticSeverity,
  type DocumentSymbol,
  type FoldingRange,
  type InlayHint,
  type Position,
  Range,
  type TextDocument,
  type Uri,
} from 'vscode';
import { closeAll, codeOf, fixture, hoverText, ours, showMarked, until } from './support.js';

describe('a search tree in the editor', () => {
  let document: TextDocument;
  let uri: Uri;
  before(async () => {
    uri = fixture('tree.json');
    document = await showMarked(uri);
  });
  after(closeAll);

  const positionOf = (text: string, nth = 0): Position => {
    let at = document.getText().indexOf(text);
    for (let i = 0; i < nth; i++) at = document.getText().indexOf(text, at + 1);
    return document.positionAt(at + 3);
  };

  it('has warnings on first low steps and hints on later ones, exactly on their text', () => {
    const first = ours(uri).filter((one) => codeOf(one) === 'first-low-step');
    assert.deepEqual(first.map((one) => document.getText(one.range)).sort(), [
      'After giving 5 away, 12 - 5 = 8 are left.',
      'There are 3 + 4 = 7 apples.',
    ]);
    assert.ok(first.every(({ severity }) => severity === DiagnosticSeverity.Warning));
    const later = ours(uri).filter((one) => codeOf(one) === 'later-low-step');
    assert.ok(later.length >= 1 && later.every(({ severity }) => severity === DiagnosticSeverity.Hint));
    for (const { code } of first) assert.match(typeof code === 'object' ? String(code.target) : '', /docs\/diagnostics\.md#/);
  });

  it('shows every value on hover with its source', async () => {
    // The first occurrence is in the root's rollouts, the second is the node's step.
    const text = await hoverText(uri, positionOf('After giving 5 away, 12 - 5 = 7', 1));
    assert.match(text, /rollouts/i);
    assert.match(text, /0\.88/);
    assert.match(text, /visits 2/);
    assert.match(text, /command:steplens\.openTree/);
  });

  it('shows a value at the end of every step', async () => {
    const steps = 8;
    const hints = await until('inlay hints', async () => {
      const found = await commands.executeCommand<InlayHint[]>(
        'vscode.executeInlayHintProvider',
        uri,
        new Range(0, 0, document.lineCount, 0),
      );
      return found.length >= steps && found;
    });
    const end = document.positionAt(
      document.getText().indexOf('There are 3 + 4 = 7 apples."', document.getText().indexOf('"children"')) +
        'There are 3 + 4 = 7 apples.'.length,
    );
    assert.ok(
      hints.some(({ position }) => position.line === end.line && position.character >= end.character),
      'a hint after a step',
    );
  });

  it('has a code lens that opens the tree', async () => {
    const lenses = await commands.executeCommand<CodeLens[]>('vscode.executeCodeLensProvider', uri);
    assert.ok(lenses.some(({ command }) => command?.command === 'steplens.openTree'));
  });

  it('has an outline with the first low steps, and folding ranges', async () => {
    const symbols = await commands.executeCommand<DocumentSymbol[]>('vscode.executeDocumentSymbolProvider', uri);
    const names = (all: readonly DocumentSymbol[]): string[] => all.flatMap((one) => [one.name, ...names(one.children)]);
    assert.ok(
      names(symbols).some((name) => name.includes('first low')),
      names(symbols).join(' | '),
    );
    const folds = await commands.executeCommand<FoldingRange[]>('vscode.executeFoldingRangeProvider', uri);
    assert.ok(folds.length > 0);
  });
});
