/**
 * Debugs a labeling run from launch.json in a real VS Code, by keyboard: a conditional breakpoint on a step, back and
 * forward, the pool compared with the log, a fork, and attaching to `steplens label` in another process.
 */
import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { root } from '../../scripts/run.mjs';
import { goToLine, openFile, runCommand, webviewFrame } from '../../scripts/workbench.mjs';
import { answerCommand } from './answerCommand.mjs';
import { useEditor } from './editor.mjs';
import { answerNotification } from './notification.mjs';
import { until } from './until.mjs';

const search = { rollouts: 16, searches: 4, budget: 100, seed: 7 };

/** @param {string} problems @param {string} out @returns {import('node:child_process').ChildProcess} */
function label(problems, out) {
  const options = Object.entries(search).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const args = ['dist/cli.js', 'label', problems, '--policy', 'mini', '--out', out, '--jobs', '1', ...options];
  return spawn(process.execPath, args, { cwd: root, stdio: 'ignore' });
}

/** Events in the complete lines of a log. @param {string} path @returns {Promise<any[]>} */
const eventsOf = async (path) =>
  (await readFile(path, 'utf8'))
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));

/**
 * Finds a node that is sampled some time after its creation. Returns the log lines of both events, the steps that lead
 * to the node, and the lines of the later selections up to one from a pool of several candidates.
 * @param {any[]} events
 */
function sampledNode(events) {
  const nodes = new Map(events.filter(({ event }) => event === 'node').map((one) => [one.node, one]));
  for (const [made, { event, node, assumed }] of events.entries()) {
    if (event !== 'node' || assumed) continue;
    const valued = events.findIndex((one, at) => at > made + 1 && one.event === 'value' && one.node === node);
    const selections = events.flatMap((one, at) =>
      valued > 0 && at > valued && one.event === 'selected' ? [{ line: at + 1, pool: one.pool }] : [],
    );
    const last = selections.findIndex(({ pool }) => pool > 1);
    if (last < 0) continue;
    const steps = [];
    for (let at = node; at > 0; at = nodes.get(at).parent) steps.unshift(...nodes.get(at).steps);
    return { made: made + 1, valued: valued + 1, steps, selections: selections.slice(0, last + 1).map(({ line }) => line) };
  }
  throw new Error('The search has no such node.');
}

describe('debugging a labeling run by keyboard', () => {
  /** @type {string} */
  let workspace;
  /** @type {import('playwright-core').Page} */
  let page;
  /** @type {import('node:child_process').ChildProcess | undefined} */
  let labeling;
  /** The node of the breakpoint. @type {ReturnType<typeof sampledNode>} */
  let node;
  /** @type {string} */
  let log;

  const editor = useEditor(async (folder) => {
    workspace = folder;
    const [recipe] = JSON.parse(await readFile(join(root, 'media', 'samples', 'problems.json'), 'utf8')).filter(
      ({ id }) => id === 'recipe',
    );
    await writeFile(join(workspace, 'problems.json'), JSON.stringify([recipe]));
    // An earlier run with the same settings has the same events as the search that is debugged later.
    const [code] = await once(label(join(workspace, 'problems.json'), join(workspace, 'earlier')), 'exit');
    assert.equal(code, 0);
    node = sampledNode(await eventsOf(join(workspace, 'earlier', 'recipe.events.jsonl')));
    await rm(join(workspace, 'earlier'), { recursive: true });
    const solution = { ...recipe, solutions_splits: [node.steps] };
    await writeFile(join(workspace, 'solution.json'), JSON.stringify([solution], null, 2));
    log = join(workspace, 'run', 'recipe.events.jsonl');
    await mkdir(join(workspace, '.vscode'));
    const launch = { type: 'steplens', request: 'launch', name: 'Debug recipe', program: '${workspaceFolder}/problems.json' };
    const configurations = [
      { ...launch, policy: 'mini', out: '${workspaceFolder}/run', ...search },
      { type: 'steplens', request: 'attach', name: 'Attach to run', run: '${workspaceFolder}/other' },
    ];
    await writeFile(join(workspace, '.vscode', 'launch.json'), JSON.stringify({ version: '0.2.0', configurations }));
  });
  before(async () => {
    ({ page } = editor);
    // Tall enough to show all variables at once.
    await page.setViewportSize({ width: 1400, height: 2000 });
  });
  after(() => labeling?.kill('SIGKILL'));

  const cursor = async () => Number(/Ln (\d+)/.exec(await page.locator('[id="status.editor.selection"]').innerText())?.[1]);
  const stoppedAt = (line) => until(async () => (await cursor()) === line, `the cursor in line ${line}`);
  const press = async (key, wanted) => {
    await page.keyboard.press(key);
    await stoppedAt(wanted);
  };
  const tool = (name) => page.locator(`.debug-toolbar .action-label.codicon-debug-${name}`);
  const click = async (name, wanted) => {
    await tool(name).click();
    await stoppedAt(wanted);
  };

  /** Returns the first variable of a scope and their number. Expands a collapsed scope and returns undefined. */
  async function firstOf(scope) {
    const pane = page.locator('.pane').filter({ has: page.locator('.pane-header[aria-label^="Variables"]') });
    const head = pane.locator('.monaco-list-row').filter({ has: page.locator('.scope'), hasText: scope });
    if ((await head.getAttribute('aria-expanded')) !== 'true') {
      await head.click();
      return undefined;
    }
    const row = pane.locator(`.monaco-list-row[data-index="${Number(await head.getAttribute('data-index')) + 1}"]`);
    const [name, value] = [await row.locator('.name').innerText(), await row.locator('.value').innerText()];
    return `${name.replace(/\s*=?\s*$/, '')}: ${value} (1 of ${await row.getAttribute('aria-setsize')})`;
  }
  /** Waits for a scope's first variable, because VS Code reads variables some time after a stop. */
  async function shows(scope, wanted) {
    let last;
    await until(async () => (last = await firstOf(scope)) === wanted, `${scope} to begin with ${wanted}`).catch((error) => {
      throw new Error(`${error.message} It is ${last}.`);
    });
  }

  it('stops at a breakpoint set on a step with F9 once its condition is true', async () => {
    await openFile(page, 'solution.json');
    const lines = (await readFile(join(workspace, 'solution.json'), 'utf8')).split('\n');
    const line = lines.findIndex((one) => one.includes(JSON.stringify(node.steps.at(-1)))) + 1;
    await goToLine(page, line);
    await page.keyboard.press('F9');
    await page.locator('.glyph-margin-widgets .codicon-debug-breakpoint').first().waitFor();
    await runCommand(page, 'Debug: Edit Breakpoint');
    await page.locator('.breakpoint-widget .inputContainer .monaco-editor.focused').waitFor();
    await page.keyboard.type("event == 'value' && mc >= 0");
    await page.keyboard.press('Enter');
    await page.locator('.glyph-margin-widgets .codicon-debug-breakpoint-conditional').first().waitFor();
    // Starts the selected configuration of launch.json, which is the first one.
    await press('F5', 1);
    await press('F5', node.valued);
    assert.ok(node.made < node.valued);
  });

  it('shows the recorded pool in the Variables view, and goes back and forward by toolbar and key', async () => {
    for (const stop of node.selections) await press('F10', stop);
    const line = node.selections.at(-1);
    const { node: from, rollout, q, u, pool } = (await eventsOf(log))[line - 1];
    assert.ok(pool > 1);
    await shows('Pool', `selected: node ${from}, rollout ${rollout}: Q ${q} + U ${u}, of ${pool} (1 of ${pool})`);
    await click('step-back', line - 1);
    await shows('Pool', `1: node ${from}, rollout ${rollout}: Q + U ${(q + u).toFixed(6)} (1 of ${pool})`);
    await press('F11', line);
    await click('reverse-continue', node.valued);
  });

  it('forks the search by a command, compares both searches, and leaves the original log unchanged', async () => {
    const before = await readFile(log);
    await runCommand(page, 'StepLens: Fork the Debugged Search');
    const input = page.locator('.quick-input-widget input.input').first();
    await until(async () => (await input.getAttribute('placeholder'))?.startsWith('cPuct'), 'the question');
    await input.fill('cPuct = 2');
    await page.keyboard.press('Enter');
    await answerNotification(page, 'The fork was written beside the log', 'Compare');
    await webviewFrame(page).getByRole('heading', { name: 'Selections' }).waitFor();
    assert.match(await webviewFrame(page).locator('body').innerText(), /cPuct = 2/);
    assert.deepEqual((await readdir(join(workspace, 'run', 'recipe.fork-1'))).sort(), [
      'comparison.md',
      'recipe.events.jsonl',
      'recipe.json',
    ]);
    assert.ok(before.equals(await readFile(log)));
    await page.keyboard.press('Shift+F5');
    await tool('stop').waitFor({ state: 'hidden' });
  });

  it('attaches to a running `steplens label`, pauses with F6, and follows it to its end', async () => {
    await openFile(page, 'solution.json');
    await page.keyboard.press('F9');
    await page.locator('.glyph-margin-widgets .codicon-debug-breakpoint-conditional').waitFor({ state: 'detached' });
    labeling = label(join(workspace, 'problems.json'), join(workspace, 'other'));
    const ended = once(labeling, 'exit');
    const other = join(workspace, 'other', 'recipe.events.jsonl');
    await until(async () => (await eventsOf(other)).length > 0, 'the first event of the command');
    // Stopped, so that it cannot end before the debugger attaches.
    labeling.kill('SIGSTOP');
    assert.equal(labeling.exitCode, null);
    await answerCommand(page, 'Debug: Select and Start Debugging', 'Attach to run');
    await tool('continue').waitFor();
    await stoppedAt(1);
    await page.keyboard.press('F5');
    await tool('pause').waitFor();
    await page.keyboard.press('F6');
    await tool('continue').waitFor();
    assert.ok((await cursor()) <= (await eventsOf(other)).length);
    await page.keyboard.press('F5');
    await tool('pause').waitFor();
    labeling.kill('SIGCONT');
    assert.deepEqual(await ended, [0, null]);
    await stoppedAt((await eventsOf(other)).length);
    assert.equal((await eventsOf(other)).at(-1).event, 'end');
  });
});
