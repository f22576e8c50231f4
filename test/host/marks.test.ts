import { strict as assert } from 'node:assert';
import { type CodeLens, ConfigurationTarget, commands, type Diagnostic, DiagnosticSeverity, type TextDocument, workspace } from 'vscode';
import { closeAll, codeOf, fixture, hoverText, ours, showMarked, until } from './support.js';

describe('the marks of a search tree', () => {
  let document: TextDocument;
  before(async () => (document = await showMarked(fixture('tree.json'))));
  after(closeAll);

  const ofCode = (code: string): Diagnostic[] => ours(document.uri).filter((one) => codeOf(one) === code);
  const lenses = () => commands.executeCommand<CodeLens[]>('vscode.executeCodeLensProvider', document.uri);

  it('are hints, information or absent after the first low step, as `diagnostics.laterSteps` sets', async () => {
    const settings = workspace.getConfiguration('steplens');
    const severities = (): Set<DiagnosticSeverity> => new Set(ofCode('later-low-step').map(({ severity }) => severity));
    const only = (severity: DiagnosticSeverity) => severities().size === 1 && severities().has(severity);
    assert.ok(only(DiagnosticSeverity.Hint));
    try {
      await settings.update('diagnostics.laterSteps', 'information', ConfigurationTarget.Global);
      await until('information', () => only(DiagnosticSeverity.Information));
      await settings.update('diagnostics.laterSteps', 'off', ConfigurationTarget.Global);
      await until('none', () => severities().size === 0 && ofCode('first-low-step').length > 0);
    } finally {
      await settings.update('diagnostics.laterSteps', undefined, ConfigurationTarget.Global);
    }
    await until('hints again', () => only(DiagnosticSeverity.Hint));
  });

  it('are as many in the Problems panel as in the code lens, and the hover shows the value of each', async () => {
    const [, said] = /(\d+) first low steps?/.exec((await lenses()).map(({ command }) => command?.title ?? '').join(' '))!;
    const first = ofCode('first-low-step');
    assert.equal(first.length, Number(said));
    for (const { message, range } of first) {
      const [value] = /\d\.\d\d/.exec(message)!;
      const text = await hoverText(document.uri, range.start.translate(0, 2));
      assert.ok(text.includes(value), `${message}\n${text}`);
      assert.match(text, /first low step/);
    }
  });
});
