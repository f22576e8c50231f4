import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import { extensions, lm } from 'vscode';

/** What VS Code starts for an agent: the same program, asked over its standard input and output. */
describe('the tools for agents', () => {
  it('are offered to VS Code, and its server answers', async () => {
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
});
