/** The packaged extension: its files, its size, and that it works when it is installed. */
import { strict as assert } from 'node:assert';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { bundledPackages } from '../../scripts/notices.mjs';
import { limitBytes, packageExtension } from '../../scripts/package.mjs';
import { capture, root } from '../../scripts/run.mjs';
import { startHost } from '../../scripts/vscodeHost.mjs';
import { openFile, openWorkbench } from '../../scripts/workbench.mjs';
import { zipListing } from './zipListing.mjs';

const target = `${process.platform}-${process.arch}`;
const workspace = join(root, 'test', 'fixtures', 'workspace');

describe('the VSIX', () => {
  let folder;
  let vsix;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'steplens-pack-'));
    vsix = await packageExtension({ target, out: join(folder, 'steplens.vsix') });
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('is at most 40 MB', async () => {
    const { size } = await stat(vsix);
    console.log(`      ${(size / 2 ** 20).toFixed(1)} MB`);
    assert.ok(size <= limitBytes, `${size} bytes`);
  });

  it('contains the files that StepLens needs and no others', async () => {
    const names = (await zipListing(vsix))
      .map(({ name }) => name)
      .filter((name) => name.startsWith('extension/'))
      .map((name) => name.slice('extension/'.length).toLowerCase());
    // All files that the bundler writes are needed to run.
    const bundles = JSON.parse(await readFile(join(root, 'dist', 'metafile.json'), 'utf8'));
    const bundled = Object.values(bundles).flatMap(({ outputs }) => Object.keys(outputs).map((name) => name.toLowerCase()));
    for (const needed of [
      ...bundled,
      'package.json',
      'package.nls.json',
      'package.nls.zh-cn.json',
      'l10n/bundle.l10n.zh-cn.json',
      'readme.md',
      'changelog.md',
      'security.md',
      'dist/third-party-notices.txt',
      'docs/diagnostics.md',
      'docs/families.md',
      'docs/review.md',
      'media/icon.png',
      'media/schemas/prm.schema.json',
      'dist/codicon.css',
      'dist/codicon.ttf',
      ...(await readdir(join(root, 'scripts', 'export'))).filter((name) => name.endsWith('.py')).map((name) => `scripts/export/${name}`),
      'media/models/mini/prm.json',
      'media/models/mini/scope.txt',
      'media/models/mini/model.onnx',
      'media/models/mini/model.cpu.onnx',
      'media/models/mini/policy/policy.onnx',
      'media/models/mini/policy/policy.json',
      'media/models/mini/tokenizer.json',
      'node_modules/onnxruntime-node/dist/index.js',
      'node_modules/onnxruntime-common/dist/cjs/index.js',
      'node_modules/onnxruntime-common/dist/cjs/package.json',
      'node_modules/sharp/dist/index.cjs',
      `node_modules/@img/sharp-${target}/package.json`,
      `node_modules/onnxruntime-node/bin/napi-v6/${process.platform}/${process.arch}/onnxruntime_binding.node`,
    ])
      assert.ok(names.includes(needed), `${needed} is missing`);
    const allowed =
      /^(l10n\/bundle\.l10n\.[\w-]+\.json|package(\.nls(\.[\w-]+)?)?\.json|(readme|changelog|security)\.md|license(\.txt|\.md)?|docs\/[\w-]+\.md|scripts\/export\/\w+\.py|dist\/(third-party-notices\.txt|codicon\.(css|ttf)|fonts\/[\w-]+\.woff2)|media\/(icon\.png|icons\/[\w-]+\.svg|schemas\/[\w.]+\.json|walkthrough\/\w+\.(md|webp)|samples\/solutions\/wrong\.md|models\/mini\/((policy\/)?[\w.]+\.(onnx|json|md)|scope\.txt))|node_modules\/(onnxruntime-(node|common)|sharp|@img\/(colour|sharp-[\w-]+)|detect-libc|semver)\/.+)$/;
    assert.deepEqual(
      names.filter((name) => !bundled.includes(name) && !allowed.test(name)),
      [],
    );
    const foreign = names.filter((name) => /\/napi-v6\//.test(name) && !name.includes(`/${process.platform}/${process.arch}/`));
    assert.deepEqual(foreign, [], "another platform's runtime");
    assert.deepEqual(
      names.filter((name) => /\.(ts|map|npy)$|^(?!scripts\/export\/).*\.py$/.test(name)),
      [],
      'sources',
    );
  });

  it('has the licence of every package in it', async () => {
    const notices = await readFile(join(root, 'dist', 'THIRD-PARTY-NOTICES.txt'), 'utf8');
    const files = (await zipListing(vsix)).flatMap(({ name }) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(name)?.[1] ?? []);
    const missing = [...new Set([...files, ...(await bundledPackages())])].filter((name) => !notices.includes(`\n${name} `));
    assert.deepEqual(missing, []);
    for (const text of ['GNU LESSER GENERAL PUBLIC LICENSE', 'Copyright (c) Microsoft Corporation', 'THIRD PARTY SOFTWARE NOTICES'])
      assert.ok(notices.includes(text), text);
  });

  describe('installed in a fresh VS Code', () => {
    let host;
    let close = async () => {};
    let page;
    before(async () => {
      host = await startHost({ workspace, vsix });
      ({ page, close } = await openWorkbench(host.url));
    });
    after(async () => {
      await close();
      await host?.stop();
    });

    it('marks a low step in the editor and in the Problems panel', async () => {
      await openFile(page, 'tree.json');
      await page.getByText('Reasoning tree').first().waitFor();
      await page.keyboard.press('Control+Shift+M');
      await page.locator('.markers-panel').getByText('first-low-step').first().waitFor();
    });

    it('scores with the bundled model, using only the files in its own folder', async () => {
      const name = (await readdir(host.extensions)).find((one) => one.startsWith('steplens.steplens-'));
      assert.ok(name, 'the extension is not in the extensions folder');
      const cli = join(host.extensions, name, 'dist', 'cli.js');
      const { code, output } = await capture([process.execPath, cli, 'score', join(workspace, 'solution.md'), '--json'], {
        cwd: folder,
        env: { ...process.env, XDG_CACHE_HOME: folder },
      });
      assert.equal(code, 0, output);
      const line = JSON.parse(output.split('\n').find((one) => one.startsWith('{')) ?? 'null');
      assert.equal(line.steps.length, 3);
      assert.ok(
        line.steps.every(({ values }) => values.prm >= 0 && values.prm <= 1),
        output,
      );
    });
  });
});
