/** A review in a real VS Code, by real keys: ten steps, a reload of the window, a second reviewer, their agreement. */
import { strict as assert } from 'node:assert';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'mocha';
import { root, slowness } from '../../scripts/run.mjs';
import { startHost } from '../../scripts/vscodeHost.mjs';
import { openFile, openWorkbench, runCommand, webviewFrame } from '../../scripts/workbench.mjs';
import { until } from './until.mjs';

describe('a review by keyboard', () => {
  /** @type {string} */
  let workspace;
  /** @type {string} */
  let log;
  /** @type {import('../../scripts/vscodeHost.mjs').RunningHost} */
  let host;
  /** @type {import('playwright-core').Page} */
  let page;
  let close = async () => {};

  before(async () => {
    workspace = await mkdtemp(join(tmpdir(), 'steplens-review-'));
    await cp(join(root, 'media', 'samples', 'candidates.json'), join(workspace, 'candidates.json'));
    log = join(workspace, 'candidates.json.steplens-labels.jsonl');
    host = await startHost({
      workspace,
      extensionDevelopmentPath: root,
      settings: { 'steplens.review.reviewer': 'ann', 'editor.minimap.enabled': false },
    });
    ({ page, close } = await openWorkbench(host.url));
    await openFile(page, 'candidates.json');
    // A lens says that the file was read: before that there is nothing to review.
    await page.locator('.codelens-decoration').filter({ hasText: 'Reasoning tree' }).first().waitFor();
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed')
      await page.screenshot({ path: join(root, 'test-results', `${this.currentTest.title.replaceAll(/\W+/g, '-')}.png`) });
  });
  after(async () => {
    await close();
    await host?.stop();
    await rm(workspace, { recursive: true, force: true });
  });

  const frame = () => webviewFrame(page);
  const position = (text) => frame().locator('.position').filter({ hasText: text }).waitFor();
  const records = async () =>
    (await readFile(log, 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));

  async function pick(text) {
    const row = page.locator('.quick-input-list .monaco-list-row').filter({ hasText: text }).first();
    await row.waitFor();
    await row.click();
  }

  it('shows the step in focus with its question and its evidence', async () => {
    await runCommand(page, 'StepLens: Review Steps');
    await pick('Every step');
    await pick('Values are shown');
    await position(/^1 of \d+/);
    await frame().locator('.focus h2').filter({ hasText: 'Step 1' }).waitFor();
    assert.notEqual((await frame().locator('.question').innerText()).trim(), '');
    assert.match(await frame().locator('.evidence').innerText(), /All sources together/);
  });

  it('judges ten steps in less than 12 seconds each, each at once in the log', async () => {
    await frame().locator('body').press('Tab');
    for (let step = 1; step <= 10; step++) {
      const started = Date.now();
      await page.keyboard.press(step % 4 === 0 ? '1' : '3');
      await position(new RegExp(`^${step + 1} of`));
      assert.ok(Date.now() - started < 12_000 * slowness, `step ${step} took ${Date.now() - started} ms`);
      const written = await records();
      assert.equal(written.length, step);
      assert.equal(written.at(-1).value, step % 4 === 0 ? -1 : 1);
      assert.equal(written.at(-1).by, 'ann');
    }
  });

  it('takes a judgment back', async () => {
    await page.keyboard.press('u');
    await position(/^10 of/);
    assert.deepEqual(Object.keys((await records()).at(-1)).sort(), ['at', 'by', 'id', 'undo', 'v']);
    await page.keyboard.press('3');
    await position(/^11 of/);
  });

  it('loses nothing when the window is reloaded', async () => {
    // The command, not the browser's reload: it lets VS Code store its window first.
    await Promise.all([page.waitForEvent('load'), runCommand(page, 'Developer: Reload Window')]);
    await page.locator('.monaco-workbench .part.editor').waitFor();
    await position(/^11 of/);
    await frame().getByText('10 judged by ann').waitFor();
  });

  it('judges in the file itself, by a lens above the step and by its key', async () => {
    const before = (await records()).length;
    await openFile(page, 'candidates.json');
    await runCommand(page, 'StepLens: Judge Steps in This File');
    // The command ends when the cursor goes from the first line to the step; a label before that would make it another step.
    const selection = page.locator('[id="status.editor.selection"]');
    await until(async () => !(await selection.innerText()).startsWith('Ln 1,'), 'the cursor on the step');
    const lens = page
      .locator('.codelens-decoration a')
      .filter({ hasText: /^Neutral$/ })
      .first();
    await lens.waitFor();
    const written = (count, what) => until(async () => (await records()).length >= count, `the label of ${what}`);
    await lens.click();
    await written(before + 1, 'the lens');
    assert.deepEqual([(await records()).length, (await records()).at(-1).value], [before + 1, 0]);
    await page.locator('.codelens-decoration a').filter({ hasText: 'Neutral' }).locator('.codicon-check').first().waitFor();
    await page.keyboard.press('Alt+3');
    await written(before + 2, 'the key');
    assert.equal((await records()).at(-1).value, 1);
    await runCommand(page, 'StepLens: Undo Judgment');
    await runCommand(page, 'StepLens: Undo Judgment');
  });

  it('shows how far two reviewers agree after their logs were merged', async () => {
    const mine = (await records()).filter(({ undo }) => undo === undefined);
    const theirs = mine.map((label, i) => ({ ...label, id: `bob${i}`, by: 'bob', value: i === 0 ? -1 : label.value }));
    await writeFile(log, `${[...(await records()), ...theirs].map((one) => JSON.stringify(one)).join('\n')}\n`);
    await openFile(page, 'candidates.json');
    await runCommand(page, 'StepLens: Show Agreement of Reviewers');
    const preview = page.frameLocator('iframe.webview.ready').last().frameLocator('iframe#active-frame');
    await preview.getByText('Krippendorff').waitFor();
    const text = await preview.locator('body').innerText();
    assert.match(text, /bob/);
    assert.match(text, /ann right, bob wrong: 1|bob wrong, ann right: 1/);
  });
});
