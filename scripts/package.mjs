/**
 * `npm run package [-- --target linux-x64]`: builds a VSIX for one platform, with only that platform's runtime.
 * Its content is listed here file by file: in `vsce` a `!` pattern wins over every other, so no other file gets in.
 */

import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createVSIX } from '@vscode/vsce';
import { build } from './dependencies.mjs';
import { writeNotices } from './notices.mjs';
import { messageOf, root, run } from './run.mjs';

/** Files of ONNX Runtime by target. onnxruntime-node 1.30 has binaries for these targets. */
const runtimes = {
  'linux-x64': ['onnxruntime_binding.node', 'libonnxruntime.so.1'],
  'linux-arm64': ['onnxruntime_binding.node', 'libonnxruntime.so.1'],
  // The package has the same library twice; the binding links this one.
  'darwin-arm64': ['onnxruntime_binding.node', 'libonnxruntime.1.dylib'],
  'win32-x64': ['onnxruntime_binding.node', 'onnxruntime.dll', 'DirectML.dll', 'dxcompiler.dll', 'dxil.dll'],
  'win32-arm64': ['onnxruntime_binding.node', 'onnxruntime.dll', 'DirectML.dll', 'dxcompiler.dll', 'dxil.dll'],
};

/** sharp's binaries by target; npm installs only those of this machine. */
const images = {
  'linux-x64': ['sharp-linux-x64', 'sharp-libvips-linux-x64'],
  'linux-arm64': ['sharp-linux-arm64', 'sharp-libvips-linux-arm64'],
  'darwin-arm64': ['sharp-darwin-arm64', 'sharp-libvips-darwin-arm64'],
  'win32-x64': ['sharp-win32-x64'],
  'win32-arm64': ['sharp-win32-arm64'],
};

/** Greatest size of a VSIX. */
export const limitBytes = 40 * 1024 * 1024;

/** @param {string} target @returns {string[]} what the VSIX holds, as globs */
export function contents(target) {
  const [platform, arch] = target.split('-');
  const runtime = runtimes[/** @type {keyof typeof runtimes} */ (target)];
  if (!runtime) throw new Error(`ONNX Runtime has no binaries for "${target}". Targets: ${Object.keys(runtimes).join(', ')}.`);
  return [
    'package.json',
    'package.nls.json',
    'package.nls.zh-cn.json',
    'l10n/bundle.l10n.zh-cn.json',
    'README.md',
    'CHANGELOG.md',
    'LICENSE',
    'SECURITY.md',
    'docs/*.md',
    'dist/THIRD-PARTY-NOTICES.txt',
    'dist/extension.cjs',
    'dist/chunk-*.js',
    'dist/server.js',
    'dist/cli.js',
    'dist/inference.js',
    'dist/verifyWorker.js',
    'dist/images.js',
    'dist/installCuda.cjs',
    'dist/webview.js',
    'dist/webview.css',
    'dist/evaluation.js',
    'dist/evaluation.css',
    'dist/review.js',
    'dist/review.css',
    'dist/codicon.css',
    'dist/codicon.ttf',
    'dist/fonts/*.woff2',
    // `steplens export-model` runs these scripts.
    'scripts/export/*.py',
    'media/icon.png',
    'media/icons/*.svg',
    'media/schemas/*.json',
    'media/walkthrough/*.{md,webp}',
    'media/samples/solutions/wrong.md',
    'media/models/mini/{model.onnx,model.cpu.onnx,prm.json,scope.txt,tokenizer.json,tokenizer_config.json,README.md}',
    'media/models/mini/policy/{policy.onnx,policy.json}',
    'node_modules/onnxruntime-node/{package.json,LICENSE,README.md}',
    'node_modules/onnxruntime-node/dist/*.js',
    ...runtime.map((file) => `node_modules/onnxruntime-node/bin/napi-v6/${platform}/${arch}/${file}`),
    'node_modules/onnxruntime-common/{package.json,README.md}',
    // Its package.json declares these files as CommonJS: without it the runtime does not load.
    'node_modules/onnxruntime-common/dist/cjs/{*.js,package.json}',
    // sharp reads the images of problems: its code, its three helpers, and this platform's binaries.
    'node_modules/sharp/{package.json,LICENSE,dist/**}',
    'node_modules/@img/colour/{package.json,*.cjs,*.js,LICENSE*}',
    'node_modules/detect-libc/{package.json,LICENSE,lib/*.js}',
    'node_modules/semver/{package.json,LICENSE,*.js,classes/*.js,functions/*.js,internal/*.js,ranges/*.js}',
    ...images[/** @type {keyof typeof images} */ (target)].map((name) => `node_modules/@img/${name}/**`),
  ];
}

/** Fetches sharp's binaries for another platform. @param {string} target @returns {Promise<void>} */
async function ensureImages(target) {
  const { optionalDependencies } = JSON.parse(await readFile(join(root, 'node_modules/sharp/package.json'), 'utf8'));
  const names = images[/** @type {keyof typeof images} */ (target)].map((name) => `@img/${name}`);
  const missing = names.filter((name) => !existsSync(join(root, 'node_modules', name)));
  if (missing.length === 0) return;
  await run([
    'npm',
    'install',
    '--no-save',
    '--no-package-lock',
    '--force',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
    ...missing.map((name) => `${name}@${optionalDependencies[name]}`),
  ]);
}

/**
 * @param {{ target?: string, out?: string }} [options] `out`: path of the VSIX; default `steplens-TARGET-VERSION.vsix` here
 * @returns {Promise<string>} its path
 */
export async function packageExtension({ target = `${process.platform}-${process.arch}`, out } = {}) {
  const allowed = contents(target);
  await ensureImages(target);
  await writeNotices(images[/** @type {keyof typeof images} */ (target)]);
  const { name, version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const packagePath = out ?? join(root, `${name}-${target}-${version}.vsix`);
  const folder = await mkdtemp(join(tmpdir(), 'steplens-package-'));
  const ignoreFile = join(folder, 'vscodeignore');
  await writeFile(ignoreFile, ['**', ...allowed.map((pattern) => `!${pattern}`)].join('\n'));
  try {
    await createVSIX({ cwd: root, target, packagePath, ignoreFile });
  } finally {
    await rm(folder, { recursive: true });
  }
  const { size } = await stat(packagePath);
  if (size > limitBytes) throw new Error(`${packagePath} has ${size} bytes; at most ${limitBytes} are allowed.`);
  return packagePath;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const at = process.argv.indexOf('--target');
  try {
    await build();
    console.log(await packageExtension(at < 0 ? {} : { target: process.argv[at + 1] ?? '' }));
  } catch (error) {
    console.error(messageOf(error));
    process.exit(1);
  }
}
