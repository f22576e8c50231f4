import { build, type Metafile } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';

/** Returns the contents of a bundle from the bundler itself: a lint rule can be disabled, a bundle cannot. */
async function bundle(entry: string, platform: 'node' | 'browser', external: string[]): Promise<string[]> {
  const result = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    metafile: true,
    platform,
    format: 'esm',
    external,
    logLevel: 'silent',
    outdir: 'dist',
    loader: { '.woff2': 'empty', '.woff': 'empty', '.ttf': 'empty' },
  });
  const metafile: Metafile = result.metafile;
  const outside = Object.values(metafile.outputs).flatMap((output) => output.imports.map((one) => one.path));
  return [...Object.keys(metafile.inputs), ...outside];
}

describe('the bundles of the processes', () => {
  const inputs: Record<string, string[]> = {};
  beforeAll(async () => {
    inputs.extension = await bundle('extension/extension.ts', 'node', ['vscode']);
    inputs.server = await bundle('server/lsp/main.ts', 'node', ['onnxruntime-node', 'sharp']);
    inputs.cli = await bundle('server/cli/main.ts', 'node', ['onnxruntime-node', 'sharp']);
    inputs.inference = await bundle('server/inference/main.ts', 'node', ['onnxruntime-node', 'sharp']);
    inputs.webview = await bundle('webview/tree/main.ts', 'browser', []);
    inputs.evaluation = await bundle('webview/evaluation/main.ts', 'browser', []);
    inputs.review = await bundle('webview/review/main.ts', 'browser', []);
  });

  const forbidden: [bundle: string, what: RegExp][] = [
    [
      'server',
      /^vscode$|^webview\/(?!(?:tree|evaluation|review)\/protocol|shared\/wire)|^extension\/|node_modules\/(d3-|bullmq|ioredis)|onnxruntime/,
    ],
    ['cli', /^vscode$|^webview\/|^extension\/|node_modules\/d3-|onnxruntime/],
    ['inference', /^vscode$|^webview\/|^extension\/|node_modules\/(d3-|vscode-)|^server\/(formats|language|cli)\//],
    [
      'extension',
      /^server\/(scoring|inference|language|cli|labeling)\/|^webview\/(?!(?:tree|evaluation|review)\/protocol|shared\/wire)|node_modules\/(d3-|katex)|onnxruntime/,
    ],
    ['webview', /^vscode$|^extension\/|^server\/(?!reasoning\/|protocol|l10n)|onnxruntime/],
    ['evaluation', /^vscode$|^extension\/|^server\/(?!reasoning\/|protocol|l10n)|onnxruntime/],
    ['review', /^vscode$|^extension\/|^server\/(?!reasoning\/|protocol|l10n)|onnxruntime/],
  ];
  it.each(forbidden)('contain nothing of the other processes: %s', (name, what) => {
    expect(inputs[name]).not.toHaveLength(0);
    expect(inputs[name]!.filter((input) => what.test(input))).toEqual([]);
  });

  it('contain onnxruntime-node in the inference process', () => {
    expect(inputs.inference).toContain('onnxruntime-node');
  });

  it('get the webview UI toolkit from one source file only', async () => {
    const { readdir, readFile } = await import('node:fs/promises');
    const files = (await readdir('webview', { recursive: true })).filter((file) => file.endsWith('.ts'));
    const importers: string[] = [];
    for (const file of files) {
      if ((await readFile(`webview/${file}`, 'utf8')).includes('@vscode/webview-ui-toolkit')) importers.push(file);
    }
    expect(importers).toEqual(['shared/controls.ts']);
  });
});
