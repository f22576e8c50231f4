import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { tools } from '../../server/tools/registry.js';
import { readManifest } from './manifest.js';

interface ManifestTool {
  readonly name: string;
  readonly displayName: string;
  readonly modelDescription: string;
  readonly inputSchema: unknown;
  readonly when: string;
}

const { contributes } = readManifest<{ readonly contributes: { readonly languageModelTools: readonly ManifestTool[] } }>();

it('the language model tools in the manifest have the names, texts and arguments of the MCP tools', () => {
  expect(
    contributes.languageModelTools.map(({ name, displayName, modelDescription, inputSchema }) => ({
      name,
      title: displayName,
      description: modelDescription,
      inputSchema,
    })),
  ).toEqual(tools.map(({ name, title, description, inputSchema }) => ({ name: `steplens_${name}`, title, description, inputSchema })));
  for (const { when, name } of contributes.languageModelTools) expect(when, name).toContain('isWorkspaceTrusted');
});

it('every MCP tool has a row in docs/agents.md', () => {
  const rows = [...readFileSync('docs/agents.md', 'utf8').matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
  expect(rows).toEqual(tools.map(({ name }) => name));
});
