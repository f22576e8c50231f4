import { type Disposable, type ExtensionContext, lm, McpStdioServerDefinition, Uri, workspace } from 'vscode';

/**
 * Offers `steplens mcp` to agents in VS Code: read-only tools for the folders of the workspace. VS Code asks the user
 * before it starts a server. An untrusted workspace gets no server.
 */
export function registerMcpServers({ extensionUri, extension }: ExtensionContext): Disposable {
  return lm.registerMcpServerDefinitionProvider('steplens', {
    provideMcpServerDefinitions() {
      const folders = (workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file').map(({ uri }) => uri.fsPath);
      if (folders.length === 0 || !workspace.isTrusted) return [];
      const script = Uri.joinPath(extensionUri, 'dist', 'cli.js').fsPath;
      const { version } = extension.packageJSON as { readonly version: string };
      // In the desktop's extension host the program is Electron, which runs as Node with this variable.
      const env = { ELECTRON_RUN_AS_NODE: '1' };
      return [new McpStdioServerDefinition('StepLens', process.execPath, [script, 'mcp', '--stdio', ...folders], env, version)];
    },
  });
}
