/** A model at a server in a real VS Code, by real clicks: nothing is sent before the user agreed, and nothing after that is taken back. */
import { strict as assert } from 'node:assert';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'mocha';
import { root } from '../../scripts/run.mjs';
import { startHost } from '../../scripts/vscodeHost.mjs';
import { openFile, openWorkbench, runCommand } from '../../scripts/workbench.mjs';
import { until } from './until.mjs';

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

describe('a model at a server', () => {
  /** @type {import('../../scripts/vscodeHost.mjs').RunningHost} */
  let host;
  /** @type {import('playwright-core').Page} */
  let page;
  let close = async () => {};
  /** @type {string[]} */
  const requests = [];
  /** @type {string} */
  let folder;
  /** @type {import('node:http').Server} */
  let server;
  let port = 0;

  before(async () => {
    server = createServer((request, response) => {
      requests.push(request.url ?? '');
      request.resume();
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(request.method === 'GET' ? { data: [{ id: 'tiny' }] } : yes));
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
    port = /** @type {import('node:net').AddressInfo} */ (server.address()).port;
    folder = await mkdtemp(join(tmpdir(), 'steplens-consent-'));
    // An address that reaches this machine, and is no name of it.
    const backend = { kind: 'judge', url: `http://0.0.0.0:${port}/v1`, model: 'tiny' };
    await writeFile(
      join(folder, 'prm.json'),
      JSON.stringify({ name: 'Far away', family: 'none', threshold: 0.5, aggregation: 'min', backend }),
    );
    host = await startHost({
      workspace: join(root, 'test', 'fixtures', 'workspace'),
      extensionDevelopmentPath: root,
      settings: { 'steplens.model.path': folder },
    });
    ({ page, close } = await openWorkbench(host.url));
    await openFile(page, 'solution.md');
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed')
      await page.screenshot({ path: join(root, 'test-results', `${this.currentTest.title.replaceAll(/\W+/g, '-')}.png`) });
  });
  after(async () => {
    await close();
    await host?.stop();
    server?.close();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  const scored = () => page.getByText(/\d steps scored/).first();
  /** Under automation VS Code puts notifications into their list, and shows no toasts. */
  const answer = async (button) => {
    const list = page.locator('.notifications-center');
    const notification = list
      .locator('.notification-list-item')
      .filter({ hasText: `Send questions, steps and figures to http://0.0.0.0:${port}?` });
    // Shown before there is one, the list closes again.
    await until(async () => {
      if (!(await notification.isVisible())) await runCommand(page, 'Notifications: Show Notifications');
      return notification.isVisible();
    }, 'the question');
    await notification.click();
    await notification.getByRole('button', { name: button }).click();
    await notification.waitFor({ state: 'detached' });
  };

  it('is asked about by name, and sent nothing when the answer is "Not Now"', async () => {
    await runCommand(page, 'StepLens: Score This File');
    await answer('Not Now');
    assert.deepEqual(requests, []);
  });

  it('is sent the steps once it is allowed', async () => {
    await runCommand(page, 'StepLens: Allow Scoring Server…');
    const dialog = page.locator('.monaco-dialog-box');
    await dialog.getByText(`http://0.0.0.0:${port}`).first().waitFor();
    assert.deepEqual(requests, []);
    await dialog.getByRole('button', { name: 'Send' }).click();
    await runCommand(page, 'StepLens: Score This File');
    await scored().waitFor();
    assert.ok(requests.includes('/v1/chat/completions'), requests.join());
  });

  it('is sent nothing any more once that is taken back', async () => {
    // The command continues with a list in the same place, so its end cannot be waited for.
    const input = page.locator('.quick-input-widget');
    await page.keyboard.press('F1');
    await input.locator('input.input').first().fill('>StepLens: Revoke Server…');
    await input.locator('.monaco-list-row').filter({ hasText: 'Revoke Server' }).first().click();
    await input
      .locator('.monaco-list-row')
      .filter({ hasText: `http://0.0.0.0:${port}` })
      .first()
      .click();
    await page.keyboard.press('Enter');
    await input.waitFor({ state: 'hidden' });
    const before = requests.length;
    await runCommand(page, 'StepLens: Score This File Again, Ignoring the Cache');
    await answer('Not Now');
    assert.equal(requests.length, before);
  });
});
