import { strict as assert } from 'node:assert';
import { commands, extensions, type InlayHint, Range, type TextDocument, Uri, workspace } from 'vscode';
import { api, closeAll, codeOf, fixture, hoverText, ours, show, until } from './support.js';

describe('scoring with the bundled model', () => {
  after(closeAll);

  it('gives every step of a solution a value, with its source on hover', async () => {
    const document = await show(fixture('solution.md'));
    await commands.executeCommand('steplens.scoreDocument');
    const { client } = await api();
    // The status arrives slightly after the answer, because it is reported at most ten times per second.
    await until('the status is ready', () => client.status?.state === 'ready');
    const { status } = client;
    assert.ok(status?.device, 'the device is named');
    assert.ok((await hints(document)).length >= 3);
    const at = document.positionAt(document.getText().indexOf('24 - 9'));
    assert.match(await hoverText(document.uri, at), new RegExp(status?.model ?? 'no model'));
  });

  it('marks a first low step in each tree and in the wrong solution of the sample workspace', async () => {
    const { extensionUri } = extensions.getExtension('steplens.steplens')!;
    const samples = Uri.joinPath(extensionUri, 'media', 'samples');
    const trees = (await workspace.fs.readDirectory(Uri.joinPath(samples, 'trees'))).filter(
      ([name]) => name.endsWith('.json') && name !== 'run.json',
    );
    assert.ok(trees.length > 0);
    for (const uri of [...trees.map(([name]) => Uri.joinPath(samples, 'trees', name)), Uri.joinPath(samples, 'solutions', 'wrong.md')]) {
      const document = await show(uri);
      await commands.executeCommand('steplens.scoreDocument');
      await until(`a first low step in ${uri.path}`, () => ours(uri).some((one) => codeOf(one) === 'first-low-step'));
      assert.ok((await hints(document)).length > 0, 'values at the steps');
    }
  });
});

async function hints(document: TextDocument): Promise<InlayHint[]> {
  return commands.executeCommand<InlayHint[]>('vscode.executeInlayHintProvider', document.uri, new Range(0, 0, document.lineCount, 0));
}
