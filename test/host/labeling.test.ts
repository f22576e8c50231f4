import { strict as assert } from 'node:assert';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CodeLens, ConfigurationTarget, commands, Uri, window, workspace } from 'vscode';
import { closeAll, fixture, show, until } from './support.js';

const solution = (index: number): string =>
  index % 2 === 0
    ? '<step>3 + 4 = 7.</step><answer>7</answer>'
    : `<step>3 + 4 = ${index + 8}.</step><step>So it is.</step><answer>${index + 8}</answer>`;

/** Returns a reply with `n` completions. It replaces only the model, not the pipeline. */
function completions({ n = 1 }: { readonly n?: number }, write: (index: number) => string): string {
  const choices = Array.from({ length: n }, (_, index) => ({
    index,
    finish_reason: 'stop',
    message: { role: 'assistant', content: write(index) },
  }));
  return JSON.stringify({ id: '1', object: 'chat.completion', created: 0, model: 'scripted', choices });
}

type Answer = (request: { readonly n?: number }) => { readonly status?: number; readonly body: string };
/** Every second solution is right. */
const good: Answer = (request) => ({ body: completions(request, solution) });

describe('labeling in the editor', () => {
  let server: Server;
  let folder: string;
  let file: Uri;
  let answer = good;

  before(async () => {
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (part: Buffer) => (body += part.toString()));
      request.on('end', () => {
        const { status = 200, body: reply } = request.url?.endsWith('/models')
          ? { body: JSON.stringify({ object: 'list', data: [{ id: 'scripted', object: 'model' }] }) }
          : answer(JSON.parse(body) as { n?: number });
        response.writeHead(status, { 'content-type': 'application/json' }).end(reply);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
    await workspace.getConfiguration('steplens').update('labeling.policy', url, ConfigurationTarget.Global);
    await workspace.getConfiguration('steplens').update('labeling.budget', 64, ConfigurationTarget.Global);
    folder = mkdtempSync(join(tmpdir(), 'steplens-host-'));
    cpSync(fixture('problems.json').fsPath, join(folder, 'problems.json'));
    file = Uri.file(join(folder, 'problems.json'));
  });
  after(async () => {
    await closeAll();
    for (const name of ['labeling.policy', 'labeling.budget'])
      await workspace.getConfiguration('steplens').update(name, undefined, ConfigurationTarget.Global);
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('offers to label each problem of a file', async () => {
    await show(file);
    const found = await until('the lenses', async () => {
      const all = await lensTitles();
      return all.length > 0 && all;
    });
    assert.deepEqual(found, ['Label this problem', 'Label all problems', 'Label this problem']);
  });

  const lensTitles = async (): Promise<string[]> =>
    (await commands.executeCommand<CodeLens[]>('vscode.executeCodeLensProvider', file)).map(({ command }) => command?.title ?? '');

  /** Runs `steplens.tryPolicy` and returns the text of its report when it matches all of `wanted`. */
  const askedOnce = async (...wanted: readonly RegExp[]): Promise<string> => {
    await commands.executeCommand('steplens.tryPolicy', file.toString(), 0);
    const report = await workspace.openTextDocument(Uri.from({ scheme: 'steplens-report', path: '/The policy, asked once.md' }));
    return until(`a report with ${wanted.join(', ')}`, () => wanted.every((one) => one.test(report.getText())) && report.getText());
  };

  it('shows request, reply, steps, final answer and verdict when the policy is tried once', async () => {
    const report = await askedOnce(/\*\*right\*\*/);
    for (const part of [/3 \+ 4 = 7\./, /read from the last step: `7`/, /reference answer: `7`/, /"messages"/, /"choices"/, /status 200/])
      assert.match(report, part);
    assert.ok(!(await readdir(folder)).includes('steplens-runs'), 'nothing is written');
  });

  it('reports that a policy ran on this machine, with its reply', async () => {
    const configuration = workspace.getConfiguration('steplens');
    const url = configuration.get('labeling.policy');
    await configuration.update('labeling.policy', 'mini', ConfigurationTarget.Global);
    try {
      const report = await askedOnce(/\non this machine · \d+ ms\n/, /"choices"/);
      assert.doesNotMatch(report, /no reply|status/);
    } finally {
      await configuration.update('labeling.policy', url, ConfigurationTarget.Global);
    }
  });

  /** Runs a command that ends when its message is closed, and closes the message. */
  const runAndCloseMessage = async (command: string, ...args: readonly unknown[]): Promise<void> => {
    let isRunning = true;
    const ended = Promise.resolve(commands.executeCommand(command, ...args)).finally(() => (isRunning = false));
    const closed = until(`the end of ${command}`, async () => {
      await commands.executeCommand('notifications.clearAll');
      return !isRunning;
    });
    await Promise.all([ended, closed]);
  };

  const dead: readonly (readonly [what: string, cause: RegExp, answer: Answer])[] = [
    ['that refuses the key', /401.*Invalid API key/, () => ({ status: 401, body: '{"error":{"message":"Invalid API key"}}' })],
    ['whose reply is a web page', /an HTML page instead of JSON/, () => ({ body: '<html>It works!</html>' })],
    ['whose reply has no choices', /an empty list of choices/, () => ({ body: '{"choices":[]}' })],
    [
      'that never gives a final answer',
      /None of them has a final answer/,
      (request) => ({ body: completions(request, (index) => `I like trains, number ${index}.`) }),
    ],
  ];
  for (const [what, cause, reply] of dead)
    it(`shows why a policy ${what} gives no labels, and counts nothing as labeled`, async () => {
      answer = reply;
      try {
        void commands.executeCommand('steplens.labelProblem', file.toString(), 0);
        await until('the cause in the file', async () =>
          (await lensTitles()).some((title) => title.startsWith('Not labeled') && cause.test(title)),
        );
        assert.ok((await lensTitles()).every((title) => !title.startsWith('Labeled')));
        assert.ok((await lensTitles()).includes('Retry'));
        await (what.includes('final answer') ? askedOnce(/\*\*undecided\*\*/, /none found/) : askedOnce(/\*\*No rollout\.\*\*/, cause));
      } finally {
        answer = good;
      }
    });

  it('writes a tree and an event log for a problem, and opens the tree panel', async () => {
    // Not awaited: the command ends when its message is closed, which does not happen here.
    void commands.executeCommand('steplens.labelProblem', file.toString(), 0);
    const tree = Uri.file(join(folder, 'steplens-runs', 'problems', 'sum.json'));
    const read = async (uri: Uri): Promise<string | undefined> =>
      Promise.resolve(workspace.fs.readFile(uri)).then(
        (bytes) => Buffer.from(bytes).toString('utf8'),
        () => undefined,
      );
    const text = await until('the tree', () => read(tree));
    const {
      answer: reference,
      children,
      num_correct: right,
    } = JSON.parse(text) as { answer: string; children: unknown[]; num_correct: number };
    assert.equal(reference, '7');
    assert.equal(right, 8);
    assert.ok(children.length > 0);
    const log = (await read(Uri.file(join(folder, 'steplens-runs', 'problems', 'sum.events.jsonl'))))!
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { event: string }).event);
    assert.equal(log[0], 'begin');
    assert.equal(log.at(-1), 'end');
    await until('the panel of the tree', () =>
      window.tabGroups.all.some(({ tabs }) => tabs.some(({ label }) => label === 'Tree: sum.json')),
    );
  });

  it('shows the result in the problem file, and makes no new folder when started from the tree itself', async () => {
    const lensesOf = async (uri: Uri): Promise<CodeLens[]> => commands.executeCommand<CodeLens[]>('vscode.executeCodeLensProvider', uri);
    await show(file);
    const labeled = await until('the result in the file', async () => {
      const found = (await lensesOf(file)).map(({ command }) => command);
      return found.some((one) => one?.title.startsWith('Labeled: 0.50')) && found;
    });
    const open = labeled.find((one) => one?.title === 'Open tree');
    assert.equal(open?.command, 'steplens.openTree');
    const tree = Uri.parse(String(open?.arguments?.[0]));
    assert.ok(tree.path.endsWith('/steplens-runs/problems/sum.json'));
    // Started from the tree itself, the command finds the existing run and makes no other folder.
    await show(tree);
    await runAndCloseMessage('steplens.labelProblem', tree.toString(), 0);
    const runs = Uri.file(join(folder, 'steplens-runs'));
    assert.deepEqual(
      (await workspace.fs.readDirectory(runs)).map(([name]) => name),
      ['problems'],
    );
    const nested = Uri.joinPath(runs, 'problems', 'steplens-runs');
    await assert.rejects(Promise.resolve(workspace.fs.stat(nested)));
  });

  it('shows the folders in the tab names of two trees with the same file name', async () => {
    const first = Uri.file(join(folder, 'steplens-runs', 'problems', 'sum.json'));
    const second = Uri.file(join(folder, 'steplens-runs', 'problems-2', 'sum.json'));
    await workspace.fs.copy(first, second);
    const titles = (): string[] =>
      window.tabGroups.all.flatMap(({ tabs }) => tabs.map(({ label }) => label)).filter((label) => /^Tree/.test(label));
    for (const uri of [first, second]) await commands.executeCommand('steplens.openTree', uri.toString(), 0);
    await until('both names', () => titles().includes('Tree: sum.json (problems)') && titles().includes('Tree: sum.json (problems-2)'));
    assert.equal(new Set(titles()).size, titles().length);
  });
});
