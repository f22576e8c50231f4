import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before } from 'mocha';
import { root } from '../../scripts/run.mjs';
import { startHost } from '../../scripts/vscodeHost.mjs';
import { openWorkbench } from '../../scripts/workbench.mjs';

/** @typedef {Partial<Parameters<typeof startHost>[0]> & { language?: string }} HostOptions */

/**
 * Starts a VS Code with StepLens before the tests of the surrounding `describe`, and ends it after them. Saves a
 * screenshot of a failed test to `test-results/`.
 * @param {(folder: string) => Promise<HostOptions | void>} prepare Fills a new folder, which is the workspace unless the
 * returned options name another one.
 * @returns {{ page: import('playwright-core').Page, folder: string }} filled before the first test
 */
export function useEditor(prepare) {
  /** @type {any} */
  const editor = {};
  let close = async () => {};
  /** @type {import('../../scripts/vscodeHost.mjs').RunningHost | undefined} */
  let host;

  before(async () => {
    editor.folder = await mkdtemp(join(tmpdir(), 'steplens-host-'));
    const options = await prepare(editor.folder);
    const settings = { 'editor.minimap.enabled': false, ...options?.settings };
    const { language, ...others } = options ?? {};
    host = await startHost({ workspace: editor.folder, extensionDevelopmentPath: root, ...others, settings });
    ({ page: editor.page, close } = await openWorkbench(host.url, { language }));
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed')
      await editor.page.screenshot({ path: join(root, 'test-results', `${this.currentTest.title.replaceAll(/\W+/g, '-')}.png`) });
  });
  after(async () => {
    await close();
    await host?.stop();
    await rm(editor.folder, { recursive: true, force: true });
  });
  return editor;
}
