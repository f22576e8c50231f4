/**
 * Writes `dist/THIRD-PARTY-NOTICES.txt`: the license of every package whose code is in a bundle or whose files are in the VSIX.
 * Run by `npm run package`, after the build.
 */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from './run.mjs';

/** Packages that are not bundled and whose files are in the VSIX as they are. */
const shipped = ['onnxruntime-node', 'onnxruntime-common', 'sharp', 'detect-libc', 'semver', '@vscode/codicons'];

/** License texts of packages without a license file. `VERSION` is the installed version: its notices are in the file. */
const texts = {
  'onnxruntime-node': ['ONNX-Runtime.txt', 'ONNX-Runtime-ThirdPartyNotices-VERSION.txt'],
  'onnxruntime-common': ['ONNX-Runtime.txt'],
  // libvips and the libraries in it are a separate library file in @img/, which can be replaced.
  '@img/sharp-libvips': ['LGPL-3.0.txt', 'GPL-3.0.txt'],
};

/** @param {readonly string[]} imagePackages sharp's packages of the platform, below `@img/` @returns {Promise<string>} path of the file */
export async function writeNotices(imagePackages) {
  const names = new Set([...(await bundledPackages()), ...shipped, '@img/colour', ...imagePackages.map((name) => `@img/${name}`)]);
  const parts = await Promise.all([...names].sort().map(noticeOf));
  const file = join(root, 'dist', 'THIRD-PARTY-NOTICES.txt');
  await writeFile(
    file,
    `StepLens contains code of the packages below, each under its own licence.\n\n${parts.join(`\n${'='.repeat(78)}\n\n`)}`,
  );
  return file;
}

/** Packages with code in a bundle, by the bundler's own list. @returns {Promise<string[]>} */
export async function bundledPackages() {
  const metafile = await readFile(join(root, 'dist', 'metafile.json'), 'utf8');
  return [...new Set([...metafile.matchAll(/node_modules\/((?:@[^/"]+\/)?[^/"]+)\//g)].map(([, name]) => name ?? ''))];
}

/** @param {string} name @returns {Promise<string>} */
async function noticeOf(name) {
  const folder = join(root, 'node_modules', name);
  const { version, license, author, homepage } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const own = (await readdir(folder)).filter((file) => /^(licen[cs]e|notice|copying|third-?party)/i.test(file)).sort();
  const kept = Object.entries(texts).find(([start]) => name === start || name.startsWith(`${start}-`))?.[1] ?? [];
  const files = [
    ...own.map((file) => join(folder, file)),
    ...kept.map((file) => join(root, 'scripts', 'licenses', file.replace('VERSION', version))),
  ];
  const found = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  const by = typeof author === 'string' ? author : author?.name;
  const head = [`${name} ${version}`, `Licence: ${license ?? 'see below'}`, by && `Author: ${by}`, homepage && `Home page: ${homepage}`];
  if (license === undefined && found.every((text) => text === ''))
    throw new Error(`${name} has neither a licence field nor a licence file.`);
  return `${head.filter(Boolean).join('\n')}\n\n${found.join('\n').trim()}\n`;
}
