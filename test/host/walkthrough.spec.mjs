/** The first minute: the window of `npm start` opens with a walkthrough, and its buttons do what they say. */
import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'mocha';
import { root } from '../../scripts/run.mjs';
import { startHost } from '../../scripts/vscodeHost.mjs';
import { openWorkbench, runCommand } from '../../scripts/workbench.mjs';

const steps = ['Open a file', 'Go to the next low step', 'Read why', 'Open the reasoning tree'];

describe('the walkthrough', () => {
  /** @type {import('../../scripts/vscodeHost.mjs').RunningHost} */
  let host;
  /** @type {import('playwright-core').Page} */
  let page;
  let close = async () => {};

  before(async () => {
    const samples = join(root, 'media', 'samples');
    process.env.STEPLENS_GET_STARTED = '1';
    host = await startHost({ workspace: samples, extensionDevelopmentPath: root, openFile: join(samples, 'solutions', 'wrong.md') });
    delete process.env.STEPLENS_GET_STARTED;
    ({ page, close } = await openWorkbench(host.url));
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed')
      await page.screenshot({ path: join(root, 'test-results', `${this.currentTest.title.replaceAll(/\W+/g, '-')}.png`) });
  });
  after(async () => {
    await close();
    await host?.stop();
  });

  const walkthrough = () => page.locator('.gettingStartedContainer');

  it('opens with the window of npm start', async () => {
    const started = performance.now();
    await walkthrough().getByText('Get Started with StepLens').first().waitFor();
    console.log(`      ${((performance.now() - started) / 1000).toFixed(1)} s after the workbench was drawn`);
    for (const step of steps) await walkthrough().getByText(step, { exact: true }).first().waitFor();
  });

  it('opens a sample and marks its error', async () => {
    await walkthrough().getByRole('button', { name: 'Open a Sample Solution' }).first().click();
    await page.locator('.tab').filter({ hasText: 'Untitled-1' }).waitFor();
    await page.locator('.monaco-editor .squiggly-warning').first().waitFor();
  });

  it('comes back from the command palette, with its first step done', async () => {
    await runCommand(page, 'StepLens: Get Started');
    await walkthrough().getByText('Get Started with StepLens').first().waitFor();
    const done = walkthrough().locator('.codicon-getting-started-step-checked.complete');
    await done.first().waitFor();
    assert.ok((await done.count()) >= 1);
  });
});
