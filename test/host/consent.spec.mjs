/** A remote model in a real VS Code, by real clicks: nothing is sent before consent, or after consent is revoked. */
import { strict as assert } from 'node:assert';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { root } from '../../scripts/run.mjs';
import { openFile, runCommand } from '../../scripts/workbench.mjs';
import { answerCommand } from './answerCommand.mjs';
import { useEditor } from './editor.mjs';
import { answerNotification } from './notification.mjs';

const yes = {
  choices: [
    {
      message: { role: 'assistant', content: 'Yes' },
      logprobs: {
        content: [
          {
            token: 'Yes',
            logprob: -0.1,
            top_logprobs: [
              { token: 'Yes', logprob: -0.1 },
              { token: 'No', logprob: -2.4 },
            ],
          },
        ],
      },
    },
  ],
};

describe('a model on a remote server', () => {
  /** @type {string[]} */
  const requests = [];
  /** @type {import('node:http').Server} */
  let server;
  let port = 0;

  const editor = useEditor(async (folder) => {
    server = createServer((request, response) => {
      requests.push(request.url ?? '');
      request.resume();
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(request.method === 'GET' ? { data: [{ id: 'tiny' }] } : yes));
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
    port = /** @type {import('node:net').AddressInfo} */ (server.address()).port;
    // An address that reaches this machine but is not a loopback name, so it needs consent.
    const backend = { kind: 'judge', url: `http://0.0.0.0:${port}/v1`, model: 'tiny' };
    await writeFile(
      join(folder, 'prm.json'),
      JSON.stringify({ name: 'Far away', family: 'none', threshold: 0.5, aggregation: 'min', backend }),
    );
    return { workspace: join(root, 'test', 'fixtures', 'workspace'), settings: { 'steplens.model.path': folder } };
  });
  before(() => openFile(editor.page, 'solution.md'));
  after(() => server?.close());

  const scored = () => editor.page.getByText(/\d steps scored/).first();
  const answer = (button) => answerNotification(editor.page, `Send questions, steps and figures to http://0.0.0.0:${port}?`, button);

  it('causes a question that names the server, and gets nothing after "Not Now"', async () => {
    await runCommand(editor.page, 'StepLens: Score This File');
    await answer('Not Now');
    assert.deepEqual(requests, []);
  });

  it('gets the steps once its server is allowed', async () => {
    await runCommand(editor.page, 'StepLens: Allow Scoring Server…');
    const dialog = editor.page.locator('.monaco-dialog-box');
    await dialog.getByText(`http://0.0.0.0:${port}`).first().waitFor();
    assert.deepEqual(requests, []);
    await dialog.getByRole('button', { name: 'Send' }).click();
    await runCommand(editor.page, 'StepLens: Score This File');
    await scored().waitFor();
    assert.ok(requests.includes('/v1/chat/completions'), requests.join());
  });

  it('gets nothing more once consent is revoked', async () => {
    const input = editor.page.locator('.quick-input-widget');
    await answerCommand(editor.page, 'StepLens: Revoke Server…', `http://0.0.0.0:${port}`);
    await editor.page.keyboard.press('Enter');
    await input.waitFor({ state: 'hidden' });
    const before = requests.length;
    await runCommand(editor.page, 'StepLens: Score This File Again, Ignoring the Cache');
    await answer('Not Now');
    assert.equal(requests.length, before);
  });
});
