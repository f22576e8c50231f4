/** The interface around files, by real clicks: activity bar view, palette, failed labeling, one of another process. */
import { strict as assert } from 'node:assert';
import { appendFile, cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { after, describe, it } from 'mocha';
import { root } from '../../scripts/run.mjs';
import { openFile, runCommand, webviewFrame } from '../../scripts/workbench.mjs';
import { useEditor } from './editor.mjs';
import { palette } from './palette.mjs';
import { until } from './until.mjs';

describe('the StepLens interface', () => {
  let isDown = true;
  const policy = createServer((request, response) => {
    void textOf(request).then((body) => {
      if (isDown) return response.writeHead(401).end('{"error":{"message":"Invalid API key"}}');
      if (request.url.endsWith('/models')) return response.end(JSON.stringify({ data: [{ id: 'scripted' }] }));
      const { n = 1 } = JSON.parse(body);
      const choices = Array.from({ length: n }, (_, index) => ({
        index,
        finish_reason: 'stop',
        message: {
          role: 'assistant',
          content:
            index % 2 === 0
              ? '<step>3 + 4 = 7.</step><answer>7</answer>'
              : `<step>3 + 4 = ${index + 8}.</step><step>So it is.</step><answer>${index + 8}</answer>`,
        },
      }));
      return response.end(JSON.stringify({ choices, usage: { prompt_tokens: 9, completion_tokens: 30 * n } }));
    });
  });

  const editor = useEditor(async (folder) => {
    await new Promise((resolve) => policy.listen(0, '127.0.0.1', resolve));
    await cp(join(root, 'test', 'fixtures', 'workspace'), folder, { recursive: true });
    return {
      // No device but the CPU, whatever this machine has.
      env: { CUDA_VISIBLE_DEVICES: '', VK_DRIVER_FILES: join(folder, 'none.json') },
      settings: {
        'steplens.labeling.policy': `http://127.0.0.1:${policy.address().port}/v1`,
        'steplens.labeling.budget': 48,
      },
    };
  });
  after(() => {
    policy.closeAllConnections();
    policy.close();
  });

  const row = (text) => editor.page.locator('.part.sidebar .monaco-list-row').filter({ hasText: text }).first();
  const panel = () => webviewFrame(editor.page);

  it('hides commands that need a file from the palette while no file is open', async () => {
    await runCommand(editor.page, 'View: Show StepLens');
    const offered = await palette(editor.page);
    const always = [
      'Get Started',
      'Open a Sample Solution',
      'Select Model…',
      'Select Device…',
      'Set Threshold…',
      'Show Log',
      'Restart Server',
    ];
    for (const title of always) assert.ok(offered.has(title), `${title} is missing`);
    const never = [
      'Open Reasoning Tree',
      'Label This Problem',
      'Cancel Scoring',
      'Stop Labeling',
      'Map Fields…',
      'Judge Step: Wrong',
      'Go to Step',
    ];
    for (const title of never) assert.ok(!offered.has(title), `${title} is offered`);
  });

  it('shows a welcome with links in the StepLens view while no file is open', async () => {
    await editor.page.getByRole('tab', { name: 'StepLens' }).first().waitFor();
    await editor.page.locator('.part.sidebar').getByText('Open a Sample Solution').waitFor();
    await editor.page.locator('.part.sidebar').getByText('No file with reasoning steps is open').waitFor();
  });

  it('lists open files with their low steps in the view, and goes to a clicked step', async () => {
    await openFile(editor.page, 'tree.json');
    await row('tree.json').waitFor();
    const low = editor.page.locator('.part.sidebar .monaco-list-row[aria-label^="First low step"]').first();
    await low.waitFor();
    await low.click();
    await until(async () => {
      const label = await low.getAttribute('aria-label');
      const line = await editor.page.locator('[id="status.editor.selection"]').innerText();
      return /Ln \d+/.test(line) && !/Ln 1,/.test(line) && /step \d/.test(label);
    }, 'the cursor to be at the low step');
  });

  it('shows in the status that devices were passed over, with a link to the reasons in the log', async () => {
    const { page } = editor;
    await runCommand(page, 'StepLens: Score This File');
    const item = page.locator('[id="status.languageStatus"]');
    const link = page.getByText('reasons in the log').first();
    await until(async () => {
      await item.hover();
      return link.isVisible();
    }, 'the row of the device');
    await link.click();
    await page.locator('.part.panel').getByText('passed over').first().waitFor();
    await runCommand(page, 'View: Hide Panel');
  });

  it('offers only commands that the open file allows in the palette', async () => {
    await editor.page.locator('.tab').first().click();
    const offered = await palette(editor.page);
    assert.ok(offered.has('Open Reasoning Tree'));
    assert.ok(offered.has('Score This File'));
    assert.ok(!offered.has("Show Problem's Image"), 'the file has no image');
    assert.ok(!offered.has('Stop Labeling'));
  });

  it('shows a failing policy as an error with its first reply in the tree panel, and labels nothing', async () => {
    await openFile(editor.page, 'problems.json');
    await editor.page.getByText('Label this problem').first().click();
    const alert = panel().getByRole('alert');
    await alert.getByText('Labeling failed').waitFor();
    const text = await alert.innerText();
    assert.match(text, /401/);
    assert.match(text, /Invalid API key/);
    // The button that fixes the cause comes first.
    const left = async (name) => (await alert.getByRole('button', { name }).boundingBox())?.x ?? NaN;
    assert.ok((await left('Set Server Key…')) < (await left('Retry the labeling')));
    assert.equal(
      await panel()
        .getByText(/no wrong rollout left/)
        .count(),
      0,
    );
    await assert.rejects(readFile(join(editor.folder, 'steplens-runs', 'problems', 'sum.json')));
  });

  it('labels on Retry once the server is back, and shows the result in the problem file', async () => {
    isDown = false;
    await panel().getByRole('button', { name: 'Retry the labeling' }).click();
    await panel().locator('svg g.node').nth(1).waitFor();
    await editor.page
      .locator('.codelens-decoration')
      .getByText(/Labeled: 0\.50 · \d+ nodes · \d+ rollouts/)
      .first()
      .waitFor();
    await editor.page.locator('.codelens-decoration').getByText('Open tree').first().waitFor();
    await editor.page.locator('.codelens-decoration').getByText('Label again').first().waitFor();
  });

  it('notifies once that the problem is labeled, and once why it was not before', async () => {
    const { page } = editor;
    await runCommand(page, 'Notifications: Show Notifications');
    const items = page.locator('.notifications-center .notification-list-item');
    const done = items.filter({ hasText: 'The problem is labeled' });
    await done.first().waitFor();
    assert.equal(await done.count(), 1);
    assert.equal(await items.filter({ hasText: 'Invalid API key' }).count(), 1);
    await done.click();
    await done.getByRole('button', { name: 'Open Tree' }).click();
    await done.waitFor({ state: 'detached' });
    await panel().locator('svg g.node').nth(1).waitFor();
    // The open list would cover the panel.
    await runCommand(page, 'Notifications: Clear All Notifications');
    await items.first().waitFor({ state: 'detached' });
  });

  it('shows verdict, finish, seed, tokens and latency of a rollout', async () => {
    await panel().getByRole('tree').focus();
    await editor.page.keyboard.press('Home');
    const rollout = panel().locator('details.rollout').first();
    await rollout.locator('summary').first().click();
    const facts = rollout.locator('dl.facts');
    await facts.waitFor();
    const text = await facts.innerText();
    for (const name of ['Verdict', 'Finish', 'Seed', 'Tokens', 'Latency']) assert.match(text, new RegExp(name));
  });

  it('opens the log of another process as a tree that grows with the log', async () => {
    const log = await readFile(join(editor.folder, 'steplens-runs', 'problems', 'sum.events.jsonl'), 'utf8');
    const lines = log.trim().split('\n');
    const other = join(editor.folder, 'steplens-runs', 'elsewhere');
    await mkdir(other, { recursive: true });
    const file = join(other, 'part.events.jsonl');
    await writeFile(file, `${lines.slice(0, 3).join('\n')}\n`);
    await runCommand(editor.page, 'View: Close All Editors');
    await openFile(editor.page, 'part.events.jsonl');
    await editor.page.locator('.editor-actions a[aria-label^="Open Reasoning Tree"]').first().waitFor();
    await runCommand(editor.page, 'StepLens: Open Reasoning Tree');
    const items = panel().getByRole('treeitem');
    await items.first().waitFor({ state: 'attached' });
    const before = await items.count();
    await appendFile(file, `${lines.slice(3).join('\n')}\n`);
    await until(async () => (await items.count()) > before, 'the tree to grow');
  });
});
