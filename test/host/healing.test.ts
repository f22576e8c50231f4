import { strict as assert } from 'node:assert';
import { kill } from 'node:process';
import { commands, Range, window, workspace } from 'vscode';
import type { StatusParams } from '../../server/protocol/status.js';
import { api, closeAll, codeOf, fixture, inferences, ours, servers, showMarked, until } from './support.js';

describe('the extension', () => {
  after(closeAll);

  it('loses no score when the inference process is killed while scoring', async () => {
    const { client } = await api();
    const document = await workspace.openTextDocument({ language: 'json', content: manySolutions(150) });
    const scoring = new Promise<StatusParams>((resolve) => {
      const listener = client.onDidChangeStatus((status) => {
        if (status.state !== 'scoring' || !status.progress || status.progress.done < 5) return;
        listener.dispose();
        resolve(status);
      });
    });
    await window.showTextDocument(document);
    const asked = commands.executeCommand('steplens.scoreDocument');
    const { progress } = await scoring;
    const before = await inferences();
    assert.ok(before.length > 0, 'no inference process was found');
    assert.ok(progress!.done < progress!.total, 'scoring was over before the process could be killed');
    for (const pid of before) kill(pid, 'SIGKILL');
    await asked;
    const done = await until('all scores', () => client.status?.state === 'ready' && client.status);
    assert.equal(done.message, undefined);
    const hints = await commands.executeCommand<unknown[]>(
      'vscode.executeInlayHintProvider',
      document.uri,
      new Range(0, 0, document.lineCount, 0),
    );
    assert.equal(hints.length, 450, 'a value at every step');
    const after = await inferences();
    assert.ok(after.length > 0 && after.every((pid) => !before.includes(pid)), 'another process took over');
  });

  it('restarts the server when it is killed, and marks the file again', async () => {
    const uri = fixture('tree.json');
    await showMarked(uri);
    const before = await servers();
    assert.equal(before.length, 1);
    kill(before[0]!, 'SIGKILL');
    await until('another server', async () => (await servers()).some((pid) => pid !== before[0]));
    await until('marks', () => ours(uri).some((one) => codeOf(one) === 'first-low-step'));
  });

  it('restarts the server on command, and marks the file again', async () => {
    const before = await servers();
    await commands.executeCommand('steplens.restartServer');
    await until('another server', async () => (await servers()).some((pid) => !before.includes(pid)));
    await until('marks', () => ours(fixture('tree.json')).some((one) => codeOf(one) === 'first-low-step'));
  });
});

/**
 * A candidate set whose steps all differ, so that no score comes from the cache or another solution. The problem is in
 * the scope of the bundled model, which would otherwise not score the steps.
 */
function manySolutions(count: number): string {
  const seed = 100 + (Date.now() % 800);
  const solutions = Array.from({ length: count }, (_, i) => {
    const a = seed + i;
    return [
      `5 weeks at ${a} dollars a week give ${a} * 5 = ${5 * a} dollars.`,
      `Yara then has 20 + ${5 * a} = ${20 + 5 * a} dollars.`,
      `The answer is ${20 + 5 * a}.`,
    ];
  });
  const item = {
    question:
      'Yara saves 7 dollars a week. At the start there are 20 dollars in the jar, and 5 weeks go by. A tablet costs 97 dollars. How many more weeks must Yara save?',
    answer: '6',
    solutions_splits: solutions,
    labels: solutions.map(() => 1),
    prm_scores: solutions.map((one) => one.map(() => 0.5)),
  };
  return JSON.stringify([item], null, 1);
}
