/** A review in a real VS Code, by real keys: ten steps, a reload of the window, a second reviewer, their agreement. */
import { strict as assert } from 'node:assert';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, it } from 'mocha';
import { root, slowness } from '../../scripts/run.mjs';
import { goToLine, openFile, runCommand, webviewFrame } from '../../scripts/workbench.mjs';
import { answerCommand } from './answerCommand.mjs';
import { useEditor } from './editor.mjs';
import { answerNotification } from './notification.mjs';
import { until } from './until.mjs';

describe('a review by keyboard', () => {
  /** @type {string} */
  let log;
  /** @type {import('playwright-core').Page} */
  let page;
  const editor = useEditor(async (folder) => {
    await cp(join(root, 'media', 'samples', 'candidates.json'), join(folder, 'candidates.json'));
    log = join(folder, 'candidates.json.steplens-labels.jsonl');
    return { settings: { 'steplens.review.reviewer': 'ann' } };
  });
  before(async () => {
    ({ page } = editor);
    await openFile(page, 'candidates.json');
    // A code lens appears when the file has been read. Before that, there is nothing to review.
    await page.locator('.codelens-decoration').filter({ hasText: 'Reasoning tree' }).first().waitFor();
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
    await answerCommand(page, 'StepLens: Review Steps', 'Every step');
    await pick('Values are shown');
    await position(/^1 of \d+/);
    await frame().locator('.focus h2').filter({ hasText: 'Step 1' }).waitFor();
    assert.notEqual((await frame().locator('.question').innerText()).trim(), '');
    assert.match(await frame().locator('.evidence').innerText(), /All sources together/);
  });

  it('judges ten steps in less than 12 seconds each, and writes each judgment to the log at once', async () => {
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

  it('undoes a judgment', async () => {
    await page.keyboard.press('u');
    await position(/^10 of/);
    assert.deepEqual(Object.keys((await records()).at(-1)).sort(), ['at', 'by', 'id', 'undo', 'v']);
    await page.keyboard.press('3');
    await position(/^11 of/);
  });

  it('records the kind of error, a comment, "unsure" and "skip" by key', async () => {
    await page.keyboard.press('q');
    await page.keyboard.press('c');
    await frame().locator('.comment:focus').waitFor();
    await page.keyboard.type('7 * 5 is not 53');
    await page.keyboard.press('Escape');
    for (const [key, at] of [
      ['1', 12],
      ['4', 13],
      ['5', 14],
    ]) {
      await page.keyboard.press(key);
      await position(new RegExp(`^${at} of`));
    }
    const [wrong, ...others] = (await records()).slice(-3);
    assert.deepEqual([wrong.value, wrong.kind, wrong.comment], [-1, 'arithmetic', '7 * 5 is not 53']);
    assert.deepEqual(
      others.map(({ value }) => value),
      ['unsure', 'skip'],
    );
    for (const at of [13, 12, 11]) {
      await page.keyboard.press('u');
      await position(new RegExp(`^${at} of`));
    }
  });

  it('hides the evidence in a blind review until the step is judged, then stays there and shows it', async () => {
    await page.keyboard.press('b');
    await frame().locator('.evidence').filter({ hasText: 'Blind review' }).waitFor();
    await page.keyboard.press('3');
    await frame().locator('.evidence').filter({ hasText: 'All sources together' }).waitFor();
    await position(/^11 of/);
    assert.equal((await records()).at(-1).blind, true);
    await page.keyboard.press('u');
    await frame().locator('.evidence').filter({ hasText: 'Blind review' }).waitFor();
    await page.keyboard.press('b');
    await frame().locator('.evidence').filter({ hasText: 'All sources together' }).waitFor();
  });

  it('keeps its position and judgments when the window is reloaded', async () => {
    // VS Code's reload command, unlike the browser's reload, saves the window state first.
    await Promise.all([page.waitForEvent('load'), runCommand(page, 'Developer: Reload Window')]);
    await page.locator('.monaco-workbench .part.editor').waitFor();
    await position(/^11 of/);
    await frame().getByText('10 judged by ann').waitFor();
  });

  it('judges a step in the file itself, by a code lens above it and by key', async () => {
    const before = (await records()).length;
    await openFile(page, 'candidates.json');
    await runCommand(page, 'StepLens: Judge Steps in This File');
    // The command ends when the cursor moves from the first line to the step. An earlier label would change the step.
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

  it('shows the agreement of two reviewers after their logs are merged', async () => {
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
    await answerNotification(page, 'Some steps are judged differently', 'Review Disagreements');
    // The question stays open when the focus moves, as it does on a slow machine after a notification has closed.
    await page.locator('.quick-input-list .monaco-list-row').filter({ hasText: 'Values are shown' }).first().waitFor();
    await preview.locator('body').evaluate(() => window.focus());
    await until(
      async () => !(await page.locator('.quick-input-widget').evaluate((input) => input.contains(document.activeElement))),
      'the focus to move',
    );
    await pick('Values are shown');
    // The reason why a step is in this queue.
    await frame()
      .locator('.reason')
      .filter({ hasText: /PRM .*human/ })
      .waitFor();
    await frame().locator('.evidence').filter({ hasText: 'bob' }).waitFor();
  });

  it('is offered where the user asks why a path is not in the training set', async () => {
    await openFile(page, 'candidates.json');
    await goToLine(page, 9, 20);
    await answerCommand(page, 'StepLens: Why Is This Path Not in the Training Set?', 'threshold');
    await page.locator('.monaco-dialog-box').getByRole('button', { name: 'Review' }).click();
    await pick('Values are shown');
    await position(/^1 of \d+/);
    await frame().locator('.focus h2').filter({ hasText: 'Step 1' }).waitFor();
  });
});
