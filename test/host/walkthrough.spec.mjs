/** The first minute: the window of `npm start` opens with a walkthrough, and its buttons work. */
import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { root } from '../../scripts/run.mjs';
import { runCommand } from '../../scripts/workbench.mjs';
import { useEditor } from './editor.mjs';

const steps = ['Open a file', 'Go to the next low step', 'Read why', 'Open the reasoning tree'];

describe('the walkthrough', () => {
  const samples = join(root, 'media', 'samples');
  const editor = useEditor(async () => ({
    workspace: samples,
    openFile: join(samples, 'solutions', 'wrong.md'),
    env: { STEPLENS_GET_STARTED: '1' },
  }));

  const walkthrough = () => editor.page.locator('.gettingStartedContainer');

  it('opens with the window of `npm start`', async () => {
    const started = performance.now();
    await walkthrough().getByText('Get Started with StepLens').first().waitFor();
    console.log(`      ${((performance.now() - started) / 1000).toFixed(1)} s after the workbench was drawn`);
    for (const step of steps) await walkthrough().getByText(step, { exact: true }).first().waitFor();
  });

  it('opens a sample whose error is marked', async () => {
    await walkthrough().getByRole('button', { name: 'Open a Sample Solution' }).first().click();
    await editor.page.locator('.tab').filter({ hasText: 'Untitled-1' }).waitFor();
    await editor.page.locator('.monaco-editor .squiggly-warning').first().waitFor();
  });

  it('opens again from the command palette with its first step done', async () => {
    await runCommand(editor.page, 'StepLens: Get Started');
    await walkthrough().getByText('Get Started with StepLens').first().waitFor();
    const done = walkthrough().locator('.codicon-getting-started-step-checked.complete');
    await done.first().waitFor();
    assert.ok((await done.count()) >= 1);
  });
});
