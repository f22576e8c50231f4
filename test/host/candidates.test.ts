import { strict as assert } from 'node:assert';
import {
  type CodeLens,
  ConfigurationTarget,
  commands,
  DiagnosticSeverity,
  type DocumentSymbol,
  extensions,
  type InlayHint,
  type Position,
  Range,
  type TextDocument,
  Uri,
  window,
  workspace,
} from 'vscode';
import { closeAll, codeOf, fixture, hoverText, ours, showMarked, until } from './support.js';

const lensesOf = (document: TextDocument) => commands.executeCommand<CodeLens[]>('vscode.executeCodeLensProvider', document.uri);
const titlesOf = async (document: TextDocument) => (await lensesOf(document)).map(({ command }) => command?.title ?? '');

describe('a file of candidate solutions', () => {
  let document: TextDocument;
  before(async () => {
    const { extensionUri } = extensions.getExtension('steplens.steplens')!;
    document = await showMarked(Uri.joinPath(extensionUri, 'media', 'samples', 'candidates.json'));
  });
  after(closeAll);

  it('has a warning with place, text and value for each first low step, and only hints otherwise', () => {
    const warnings = ours(document.uri).filter(({ severity }) => severity === DiagnosticSeverity.Warning);
    assert.ok(warnings.length > 0 && warnings.every((one) => codeOf(one) === 'first-low-step'));
    for (const { message } of warnings) assert.match(message, /^Problem \d+, solutions? .*step \d+ of \d+: “.+” .*\d\.\d\d/);
    const others = ours(document.uri).filter(({ severity }) => severity !== DiagnosticSeverity.Warning);
    assert.ok(others.every(({ severity }) => severity === DiagnosticSeverity.Hint));
  });

  it('shows "right" or "wrong" and "chosen by" in code lenses, outline and hover', async () => {
    const titles = await until('verdicts in the lenses', async () => {
      const found = await titlesOf(document);
      return found.some((title) => title.includes('chosen by')) && found;
    });
    assert.ok(
      titles.some((title) => title.startsWith('✓ right')) && titles.some((title) => title.startsWith('✗ wrong')),
      titles.join('\n'),
    );

    const symbols = await commands.executeCommand<DocumentSymbol[]>('vscode.executeDocumentSymbolProvider', document.uri);
    const solutions = symbols.flatMap(({ children }) => children).filter(({ name }) => name.startsWith('Solution'));
    assert.ok(
      solutions.some(({ detail }) => detail.includes('chosen by')),
      solutions.map(({ detail }) => detail).join('\n'),
    );
    const chosen = solutions.find(({ detail }) => detail.includes('chosen by'))!;
    const text = await hoverText(document.uri, chosen.children[0]!.range.start.translate(0, 2));
    assert.match(text, /chosen by/);
    assert.match(text, /[✓✗] (right|wrong)/);
  });
});

describe('a search tree whose first low step is far down', () => {
  let document: TextDocument;
  before(async () => (document = await showMarked(fixture('tree.json'))));
  after(closeAll);

  it('has a code lens at the top that goes there', async () => {
    const lenses = await lensesOf(document);
    const lens = lenses.find(({ command }) => command?.command === 'steplens.goToStep');
    assert.ok(lens?.command, lenses.map(({ command }) => command?.title).join('\n'));
    assert.equal(lens.range.start.line, 0);
    assert.match(lens.command.title, /first low step/);
    await commands.executeCommand(lens.command.command, ...((lens.command.arguments ?? []) as unknown[]));
    const first = ours(document.uri)
      .filter((one) => codeOf(one) === 'first-low-step')
      .map(({ range }) => range.start)
      .reduce((one, other) => (other.isBefore(one) ? other : one));
    await until('the cursor at the first low step', () => window.activeTextEditor?.selection.active.line === first.line);
  });

  it('shows the value before a step if `inlayHints.position` is "start"', async () => {
    const hints = () =>
      commands.executeCommand<InlayHint[]>('vscode.executeInlayHintProvider', document.uri, new Range(0, 0, document.lineCount, 0));
    const at = document.getText().indexOf('There are 3 + 4 = 7 apples.', document.getText().indexOf('"children"'));
    const [start, end] = [document.positionAt(at), document.positionAt(at + 'There are 3 + 4 = 7 apples.'.length)];
    const has = (found: readonly InlayHint[], place: Position) => found.some(({ position }) => position.isEqual(place));
    await until('a value behind the step', async () => has(await hints(), end));
    const settings = workspace.getConfiguration('steplens');
    await settings.update('inlayHints.position', 'start', ConfigurationTarget.Global);
    try {
      await until('the value before the step', async () => has(await hints(), start));
      assert.ok(!has(await hints(), end));
    } finally {
      await settings.update('inlayHints.position', undefined, ConfigurationTarget.Global);
    }
  });

  it('offers commands as links on hover, and lists each source once', async () => {
    const low = ours(document.uri).find((one) => codeOf(one) === 'first-low-step')!;
    const text = await hoverText(document.uri, low.range.start.translate(0, 2));
    for (const command of ['steplens.openTree', 'steplens.nextLowStep', 'steplens.whyNotInTrainingSet'])
      assert.ok(text.includes(`command:${command}`), text);
    const rows = text.split('\n').filter((line) => /^\| (PRM|rollouts|judge)/.test(line));
    assert.ok(rows.length > 0);
    assert.equal(new Set(rows.map((row) => row.split('|')[1])).size, rows.length, text);
    assert.match(text, /[▰▱]{10}/);
  });
});
