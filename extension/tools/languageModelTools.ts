import { type Disposable, type ExtensionContext, LanguageModelTextPart, LanguageModelToolResult, lm } from 'vscode';
import { CallTool } from '../../server/protocol/tools.js';
import type { Client } from '../shell/client.js';

interface ContributedTool {
  readonly name: string;
  readonly displayName: string;
}

/** Prefix of the tools in the manifest, before their name on the server. */
const prefix = 'steplens_';

/** Offers the agent tools to VS Code's chat as language-model tools: read-only, for the folders of the workspace. */
export function registerLanguageModelTools({ extension }: ExtensionContext, client: Client): Disposable[] {
  const { contributes } = extension.packageJSON as { readonly contributes: { readonly languageModelTools: readonly ContributedTool[] } };
  return contributes.languageModelTools.map(({ name, displayName }) =>
    lm.registerTool<Readonly<Record<string, unknown>>>(name, {
      prepareInvocation: ({ input }) => ({
        invocationMessage: `StepLens: ${displayName.toLowerCase()}${typeof input['path'] === 'string' ? `, ${input['path']}` : ''}`,
      }),
      async invoke({ input }, token) {
        const { result } = await client.request(CallTool, { name: name.slice(prefix.length), args: input }, token);
        return new LanguageModelToolResult([new LanguageModelTextPart(result)]);
      },
    }),
  );
}
