import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import { extensions, type LanguageModelTextPart, lm } from 'vscode';
import { until } from './support.js';

/** The server that VS Code starts for an agent: the same program, with requests over its standard input and output. */
describe('the tools for AI agents', () => {
  it('are declared as an MCP server for VS Code, which answers', async () => {
    assert.equal(typeof lm.registerMcpServerDefinitionProvider, 'function');
    const extension = extensions.getExtension('steplens.steplens');
    assert.ok(extension?.isActive);
    const { contributes } = extension.packageJSON as {
      readonly contributes: { readonly mcpServerDefinitionProviders: readonly { readonly id: string }[] };
    };
    assert.deepEqual(
      contributes.mcpServerDefinitionProviders.map(({ id }) => id),
      ['steplens'],
    );
    const child = spawn(process.execPath, [`${extension.extensionPath}/dist/cli.js`, 'mcp', '--stdio', extension.extensionPath], {
      env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
    });
    try {
      const first = new Promise<string>((resolve, reject) => {
        child.stdout.once('data', (data: Buffer) => resolve(data.toString()));
        child.once('exit', (code) => reject(new Error(`The server ended with ${String(code)}.`)));
      });
      const params = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'test', version: '1' } };
      child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params })}\n`);
      assert.match(await first, /"serverInfo":\{"name":"StepLens"/);
    } finally {
      child.kill();
    }
  });

  it('are also language-model tools of VS Code, and answer only from files of the workspace', async () => {
    const own = await until('the tools', () => {
      const found = lm.tools.filter(({ name }) => name.startsWith('steplens_'));
      return found.length > 0 && found;
    });
    assert.deepEqual(own.map(({ name }) => name.slice('steplens_'.length)).sort(), [
      'evaluate',
      'explain_label',
      'list_problems',
      'low_steps',
      'read_problem',
      'score_problem',
      'verify_answer',
    ]);
    const ask = async <T>(name: string, input: object): Promise<T> => {
      const { content } = await lm.invokeTool(`steplens_${name}`, { input, toolInvocationToken: undefined });
      return JSON.parse((content[0] as LanguageModelTextPart).value) as T;
    };
    interface Low {
      readonly items: readonly { readonly path: string; readonly problem: number; readonly step: number }[];
    }
    const { items } = await ask<Low>('low_steps', { path: 'tree.json' });
    const [low] = items;
    assert.equal(low?.path, 'tree.json');
    const told = await ask<{ readonly why: readonly string[]; readonly trainingSet: readonly { readonly why: string }[] }>(
      'explain_label',
      {
        path: low.path,
        problem: low.problem,
        step: low.step,
      },
    );
    assert.match(told.why.join(' '), /labeled wrong because/);
    assert.ok(told.trainingSet.length > 3);
    await assert.rejects(ask('low_steps', { path: '/etc/passwd' }), /not in the workspace/);
  });
});
