import { strict as assert } from 'node:assert';
import { commands, Selection, TabInputWebview, window } from 'vscode';
import { api, closeAll, codeOf, fixture, ours, show, showMarked, until } from './support.js';

describe('the editor with a search tree', () => {
  before(() => showMarked(fixture('tree.json')));
  after(closeAll);

  const line = (): number => window.activeTextEditor!.selection.start.line;

  it('goes from low step to low step and wraps around', async () => {
    const uri = fixture('tree.json');
    const isLow = (code: string): boolean => code === 'first-low-step' || code === 'later-low-step';
    const low = [
      ...new Set(
        ours(uri)
          .filter((one) => isLow(codeOf(one)))
          .map(({ range }) => range.start.line),
      ),
    ].sort((a, b) => a - b);
    window.activeTextEditor!.selection = new Selection(0, 0, 0, 0);
    const visited: number[] = [];
    for (let i = 0; i <= low.length; i++) {
      await commands.executeCommand('steplens.nextLowStep');
      visited.push(line());
    }
    assert.deepEqual(visited, [...low, low[0]]);
    await commands.executeCommand('steplens.previousLowStep');
    assert.equal(line(), low.at(-1));
  });

  it('opens one tree panel per document, beside it', async () => {
    const panels = () =>
      window.tabGroups.all
        .flatMap(({ tabs }) => tabs)
        .filter(({ input }) => input instanceof TabInputWebview && input.viewType.endsWith('steplens.tree'));
    await commands.executeCommand('steplens.openTree', fixture('tree.json').toString(), 0);
    await until('the panel', () => panels().length === 1);
    await commands.executeCommand('steplens.openTree', fixture('tree.json').toString(), 0);
    assert.equal(panels().length, 1);
    assert.notEqual(panels()[0]!.group.viewColumn, window.activeTextEditor?.viewColumn);
  });

  it('updates the marks when the threshold is previewed, without scoring again', async () => {
    const document = await show(fixture('tree.json'));
    const { uri } = document;
    const { client } = await api();
    await commands.executeCommand('steplens.scoreDocument');
    await until('scoring to end', () => client.status?.state === 'ready');
    const states: string[] = [];
    const listener = client.onDidChangeStatus(({ state }) => states.push(state));
    const marks = (): number => ours(uri).filter((one) => codeOf(one) === 'first-low-step').length;
    const before = marks();
    try {
      await client.previewThreshold(1);
      // No value reaches 1, so the first step of every path is low.
      await until(
        'other marks',
        () =>
          ours(uri)
            .filter((one) => codeOf(one) === 'first-low-step')
            .map(({ range }) => document.getText(range))
            .sort()
            .join() === 'There are 3 + 4 = 7 apples.,There are 3 × 4 = 12 apples.',
      );
      await client.previewThreshold(undefined);
      await until('the marks from before', () => marks() === before);
    } finally {
      listener.dispose();
    }
    assert.deepEqual(
      states.filter((state) => state === 'scoring' || state === 'loading'),
      [],
    );
  });
});
