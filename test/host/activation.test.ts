import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { commands, extensions, languages, Position, Range, window, workspace } from 'vscode';
import { Settings } from '../../extension/shell/settings.js';
import { defaultSettings } from '../../server/protocol/settingsTable.js';
import { api, closeAll, codeOf, fixture, ours, show, until } from './support.js';

interface Manifest {
  readonly contributes: {
    readonly commands: readonly { readonly command: string }[];
    readonly configuration: { readonly properties: Record<string, { readonly default: unknown; readonly markdownDescription: string }> };
  };
}

// The file name makes this suite run first, before anything has been opened.
describe('the extension', () => {
  after(closeAll);

  it('does not start the server for a JSON file without reasoning', async () => {
    const { client } = await api();
    // VS Code notifies all listeners of a document before `show` resolves. The next test checks this document again.
    await show(fixture('unrelated.json'));
    assert.equal(client.isStarted, false);
    assert.deepEqual(languages.getDiagnostics(fixture('unrelated.json')), []);
  });

  it('starts the server when an edit adds reasoning to a document', async () => {
    const { client } = await api();
    const document = await workspace.openTextDocument({ language: 'json', content: '{}' });
    const editor = await window.showTextDocument(document);
    assert.equal(client.isStarted, false);
    const text = readFileSync(fixture('tree.json').fsPath, 'utf8');
    await editor.edit((edit) => {
      edit.insert(new Position(0, 0), text);
      edit.delete(new Range(0, 0, 0, 2));
    });
    await until('the server to start', () => client.isStarted);
    await until('a marked step', () => ours(document.uri).some((one) => codeOf(one) === 'first-low-step'));
    assert.deepEqual(ours(fixture('unrelated.json')), [], 'the other file stays untouched');
  });

  it('registers exactly the commands of the manifest', async () => {
    const { contributes } = manifest();
    const registered = (await commands.getCommands(true)).filter(
      (id) => id.startsWith('steplens.') && !/\.(open|focus|resetViewLocation|removeView|toggleVisibility)$/.test(id),
    );
    assert.deepEqual(registered.sort(), contributes.commands.map(({ command }) => command).sort());
  });

  it('opens a sample as an untitled document with marks', async () => {
    await commands.executeCommand('steplens.openSample');
    const sample = window.activeTextEditor!.document;
    assert.equal(sample.isUntitled, true);
    await until('the low step of the sample', () => ours(sample.uri).some((one) => codeOf(one) === 'first-low-step'));
  });

  it('reads every setting with its default', () => {
    const settings = new Settings();
    const read = settings.read();
    settings.dispose();
    const set = { ...defaultSettings, scoreOnOpen: false };
    assert.deepEqual(read, set, 'the defaults, and what the workspace of the suite sets');
  });
});

function manifest(): Manifest {
  return extensions.getExtension('steplens.steplens')!.packageJSON as Manifest;
}
