/**
 * Builds `dist/`, one bundle per process: `node esbuild.mjs [--watch] [--dev]`. Keeps the metafile for the walls' test.
 */

import { cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { build, context } from 'esbuild';

const isWatching = process.argv.includes('--watch');
/** Whether to write source maps, which a debugger and `npm run coverage` need. */
const isDev = isWatching || process.argv.includes('--dev') || process.env.STEPLENS_COVERAGE !== undefined;

const common = {
  bundle: true,
  metafile: true,
  sourcemap: isDev,
  sourcesContent: false,
  minify: !isDev,
  logLevel: 'warning',
  outdir: 'dist',
};
const node = { ...common, platform: 'node', target: 'node20' };
/** ESM bundles of CommonJS libraries still call `require`. */
const requireShim = {
  js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
};

const bundles = {
  extension: {
    ...node,
    format: 'cjs',
    entryPoints: { extension: 'extension/extension.ts' },
    outExtension: { '.js': '.cjs' },
    external: ['vscode'],
  },
  server: {
    ...node,
    format: 'esm',
    banner: requireShim,
    entryPoints: {
      server: 'server/lsp/main.ts',
      cli: 'server/cli/main.ts',
      inference: 'server/inference/main.ts',
      verifyWorker: 'server/answers/worker.ts',
      images: 'server/models/images/imageChild.ts',
    },
    external: ['onnxruntime-node', 'sharp'],
    splitting: true,
    chunkNames: 'chunk-[hash]',
  },
  installCuda: {
    ...node,
    format: 'cjs',
    entryPoints: { installCuda: 'node_modules/onnxruntime-node/script/install.js' },
    outExtension: { '.js': '.cjs' },
    // The script writes files beside itself: they belong to the installed runtime, not to dist/.
    define: { __dirname: 'scriptFolder' },
    banner: {
      js: "const scriptFolder = require('path').join(require('path').dirname(require.resolve('onnxruntime-node')), '..', 'script');",
    },
  },
  webview: {
    ...common,
    platform: 'browser',
    target: 'es2022',
    format: 'iife',
    entryPoints: { webview: 'webview/tree/main.ts', evaluation: 'webview/evaluation/main.ts', review: 'webview/review/main.ts' },
    loader: { '.woff2': 'file', '.woff': 'empty', '.ttf': 'empty' },
    assetNames: 'fonts/[name]',
  },
};

// Names of chunks contain hashes, so the chunks of an earlier build would stay and be packed, too.
await mkdir('dist', { recursive: true });
for (const name of await readdir('dist')) if (name.startsWith('chunk-')) await rm(`dist/${name}`);
const metafile = {};
for (const [name, options] of Object.entries(bundles)) {
  if (isWatching) {
    await (await context(options)).watch();
  } else {
    metafile[name] = (await build(options)).metafile;
  }
}
if (!isWatching) await writeFile('dist/metafile.json', JSON.stringify(metafile));
await cp('node_modules/@vscode/codicons/dist/codicon.ttf', 'dist/codicon.ttf');
await cp('node_modules/@vscode/codicons/dist/codicon.css', 'dist/codicon.css');
