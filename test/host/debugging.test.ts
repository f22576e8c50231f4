import { strict as assert } from 'node:assert';
import { execFile } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { commands, debug, FunctionBreakpoint, type Hover, Selection, Uri, window } from 'vscode';
import { closeAll, fixture, show, until } from './support.js';

interface Frame {
  readonly id: number;
  readonly name: string;
  readonly line: number;
}

/** Returns the debugger's position: the zero-based line of the log, and the stack frames. */
async function stack(): Promise<{ readonly event: number; readonly frames: readonly Frame[] } | undefined> {
  const answer = await debug.activeDebugSession?.customRequest('stackTrace', { threadId: 1 }).then(
    (body: { stackFrames: Frame[] }) => body,
    () => undefined,
  );
  const top = answer?.stackFrames[0];
  return top && { event: top.line - 1, frames: answer.stackFrames };
}

/** Runs a command of the debugger and waits until it has stopped at another event. */
async function move(command: string): Promise<{ readonly event: number; readonly frames: readonly Frame[] }> {
  const before = (await stack())?.event;
  await commands.executeCommand(`workbench.action.debug.${command}`);
  return until(`another event after ${command}`, async () => {
    const now = await stack();
    return now !== undefined && now.event !== before && now;
  });
}

async function variables(scope: string, frame: Frame): Promise<{ name: string; value: string; variablesReference: number }[]> {
  const { scopes } = (await debug.activeDebugSession?.customRequest('scopes', { frameId: frame.id })) as {
    scopes: { name: string; variablesReference: number }[];
  };
  const found = scopes.find(({ name }) => name === scope);
  assert.ok(found, `There is no scope ${scope}.`);
  const body = (await debug.activeDebugSession?.customRequest('variables', found)) as {
    variables: { name: string; value: string; variablesReference: number }[];
  };
  return body.variables;
}

/** A file of the sample workspace. */
function sample(name: string): Uri {
  return fixture(`../../../media/samples/${name}`);
}

describe('debugging a search', () => {
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'steplens-debugging-'));
    copyFileSync(sample('problems.json').fsPath, join(folder, 'problems.json'));
    cpSync(sample('figures').fsPath, join(folder, 'figures'), { recursive: true });
  });
  afterEach(async () => {
    debug.removeBreakpoints(debug.breakpoints);
    await debug.stopDebugging();
    await until('the end of the session', () => debug.activeDebugSession === undefined);
  });
  after(async () => {
    await closeAll();
    rmSync(folder, { recursive: true, force: true });
  });

  it('labels a problem with the bundled policy, stops at a condition, goes back, shows the pool, and forks', async () => {
    const out = join(folder, 'run');
    debug.addBreakpoints([new FunctionBreakpoint('selection', true, 'pool >= 1')]);
    const configuration = {
      type: 'steplens',
      name: 'test',
      request: 'launch',
      program: join(folder, 'problems.json'),
      problem: 'recipe',
      policy: 'mini',
      out,
      rollouts: 8,
      searches: 4,
      budget: 60,
    };
    assert.ok(await debug.startDebugging(undefined, configuration));
    await until('the first event', async () => (await stack())?.event === 0);
    const at = await move('continue');
    const log = (): { event: string; node: number; rollout: number; q: number; u: number; pool: number }[] =>
      readFileSync(join(out, 'recipe.events.jsonl'), 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as never);
    const selected = log()[at.event];
    assert.equal(selected?.event, 'selected');
    const frame = at.frames[0];
    assert.ok(frame);
    const pool = await variables('Pool', frame);
    assert.equal(
      pool[0]?.value,
      `node ${selected.node}, rollout ${selected.rollout}: Q ${selected.q} + U ${selected.u}, of ${selected.pool}`,
    );
    assert.equal(pool.length - 1, selected.pool - 1);
    assert.equal((await move('stepBack')).event, at.event - 1);
    assert.equal((await move('stepInto')).event, at.event);
    const answer = (await debug.activeDebugSession?.customRequest('evaluate', {
      expression: 'what if cPuct = 0.125',
      context: 'repl',
    })) as { result: string };
    assert.match(answer.result, /Fork from event \d+ in .*: [1-9]\d* recorded rollouts used, \d+ sampled/);
    assert.match(readFileSync(join(out, 'recipe.fork-1', 'comparison.md'), 'utf8'), /## Selections/);
  });

  it('shows the requests of a search beside each rollout and in a document of their own', async () => {
    const path = join(folder, 'run', 'recipe.events.jsonl');
    const lines = readFileSync(path, 'utf8').trim().split('\n');
    const batch = lines.findIndex((line) => line.startsWith('{"event":"rollouts"'));
    await commands.executeCommand('steplens.debugLog', Uri.file(path));
    await until('the first event', async () => (await stack())?.event === 0);
    let at = await move('stepInto');
    while (at.event < batch) at = await move('stepInto');
    assert.ok(at.frames[0]);
    const [rollout] = await variables('Batch', at.frames[0]);
    const { variables: facts } = (await debug.activeDebugSession?.customRequest('variables', rollout)) as {
      variables: { name: string; value: string }[];
    };
    const names = facts.map(({ name }) => name);
    for (const name of ['answer', 'verdict', 'method', 'seed', 'finish reason', 'tokens', 'latency', 'request to the policy'])
      assert.ok(names.includes(name), `${name} is not among ${names.join(', ')}`);
    const editor = await window.showTextDocument(Uri.file(path));
    editor.selection = new Selection(batch, 0, batch, 0);
    await commands.executeCommand('steplens.showRequest');
    const shown = await until('the request', () => {
      const document = window.activeTextEditor?.document;
      return document?.uri.scheme === 'steplens-request' && document;
    });
    const { request, reply } = JSON.parse(shown.getText()) as { request: { prompt: string }; reply: { choices: unknown[] } };
    assert.ok(request.prompt.length > 0);
    const { rollouts } = JSON.parse(lines[batch] ?? '') as { rollouts: unknown[] };
    assert.equal(reply.choices.length, rollouts.length);
  });

  it('marks the step of the current event in the file of the tree, with its value in the hover', async () => {
    const tree = sample('trees/recipe.json');
    await show(tree);
    await commands.executeCommand('steplens.debugLog', sample('trees/recipe.events.jsonl'));
    await until('the first event', async () => (await stack())?.event === 0);
    debug.addBreakpoints([new FunctionBreakpoint('value', true, 'node > 2')]);
    const at = await move('continue');
    const events = readFileSync(sample('trees/recipe.events.jsonl').fsPath, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string; node: number; steps: string[]; correct: number; total: number });
    const value = events[at.event];
    assert.equal(value?.event, 'value');
    const step = events.find(({ event, node }) => event === 'node' && node === value.node)?.steps.at(-1) ?? '';
    const document = await show(tree);
    // Rollouts contain the same text, but only the node of the event has the value.
    const content = document.getText();
    const hoverAt = async (offset: number) => {
      const hovers = await commands.executeCommand<Hover[]>('vscode.executeHoverProvider', tree, document.positionAt(offset + 2));
      return hovers.flatMap(({ contents }) => contents.map((one) => (typeof one === 'string' ? one : one.value))).join('\n');
    };
    const text = await until('the value at this moment', async () => {
      const quoted = JSON.stringify(step);
      for (let at = content.indexOf(quoted); at >= 0; at = content.indexOf(quoted, at + 1)) {
        const hover = await hoverAt(at);
        if (hover.includes('In the debugger at')) return hover.replaceAll('\\', '');
      }
      return undefined;
    });
    assert.match(text, new RegExp(`event ${at.event} \\(value\\).*${value.correct}/${value.total}`));
  });

  it('attaches to a running `steplens label` of another process and follows it to its end', async () => {
    const out = join(folder, 'other');
    const args = [
      'label',
      join(folder, 'problems.json'),
      '--policy',
      'mini',
      '--out',
      out,
      '--rollouts',
      '8',
      '--searches',
      '6',
      '--jobs',
      '1',
    ];
    const labeling = promisify(execFile)(process.execPath, [fixture('../../../dist/cli.js').fsPath, ...args]);
    const log = await until('the first log', () => existsSync(out) && readdirSync(out).find((name) => name.endsWith('.events.jsonl')));
    const problem = log.replace('.events.jsonl', '');
    await debug.startDebugging(undefined, { type: 'steplens', name: 'attach', request: 'attach', run: out, problem });
    await until('the first event', async () => (await stack())?.event === 0);
    await commands.executeCommand('workbench.action.debug.continue');
    await labeling;
    const written = readFileSync(join(out, log), 'utf8').trim().split('\n');
    assert.match(written.at(-1) ?? '', /^\{"event":"end"/);
    await until('the last event', async () => (await stack())?.event === written.length - 1);
  });

  it('attaches to a log that is still being written, and follows it to its end', async () => {
    const lines = readFileSync(sample('trees/recipe.events.jsonl').fsPath, 'utf8').split('\n').slice(0, -1);
    const log = join(folder, 'recipe.events.jsonl');
    writeFileSync(log, `${lines.slice(0, 4).join('\n')}\n`);
    await commands.executeCommand('steplens.debugLog', Uri.file(log));
    await until('the first event', async () => (await stack())?.event === 0);
    await commands.executeCommand('workbench.action.debug.continue');
    writeFileSync(log, `${lines.slice(4).join('\n')}\n`, { flag: 'a' });
    await until('the last event', async () => (await stack())?.event === lines.length - 1);
  });
});
